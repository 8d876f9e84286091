/** What goes into the image of a source. */

/** Its own folder, the worker SDK and the kernels. */
export function imageFolders(source: string): readonly string[] {
  return [source, 'algorithms/sdk/mip_sdk', 'algorithms/kernels'];
}
