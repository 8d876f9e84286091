/** `host/repository@digest` in its parts. @throws {Error} when it is not pinned. */
export function imageName(image: string): { repository: string; digest: string } {
  const [name = '', digest = ''] = image.split('@');
  if (!digest.startsWith('sha256:')) throw new Error(`the image ${image} is not pinned by digest`);
  return { repository: name.slice(name.indexOf('/') + 1), digest };
}
