/** Whose files are in a bundle. */

interface Place {
  readonly name: string;
  readonly folder: string;
  /** The folder of a format of modules, in packages that ship several. */
  readonly format: string;
}

const PACKAGE = /^((?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/@.][^/]*))\/(.*)/;

function placesOf(files: readonly string[]): readonly Place[] {
  return files.flatMap((path) => {
    const [, folder, name, file = ''] = PACKAGE.exec(path) ?? [];
    if (!folder || !name) return [];
    return { name, folder, format: /(?:^|\/)(dist-(?:cjs|es)|cjs|esm)\//.exec(file)?.[1] ?? '' };
  });
}

/** The folders of the packages, sorted. */
export function packageFolders(files: readonly string[]): readonly string[] {
  return [...new Set(placesOf(files).map(({ folder }) => folder))].sort();
}

/** Packages that are there at two versions or in two formats, each as a sentence. */
export function bundledTwice(files: readonly string[]): readonly string[] {
  const packages = Map.groupBy(placesOf(files), ({ name }) => name);
  return [...packages].flatMap(([name, places]) => {
    const folders = new Set(places.map(({ folder }) => folder));
    // A file of neither format is a wrapper around one of them.
    const formats = new Set(places.flatMap(({ folder, format }) => (format ? `${folder}/${format}` : [])));
    const copies = folders.size > 1 ? folders : formats;
    return copies.size > 1 ? `${name} twice: ${[...copies].sort().join(', ')}` : [];
  });
}
