/** What webpack's statistics say about whose modules are in a bundle. */

/** Of a module, what is needed of its record; a module that others were joined to holds them. */
export interface Module {
  /** As webpack names it: its path, with what ncc hands over behind a question mark. */
  readonly name?: string;
  /** The absolute path of its file. */
  readonly nameForCondition?: string | null;
  readonly modules?: readonly Module[];
}

interface Place {
  readonly name: string;
  readonly folder: string;
  /** The folder of a format of modules, in packages that ship several. */
  readonly format: string;
}

const PACKAGE = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/@.][^/]*))\/(.*)/;

function placesOf(modules: readonly Module[]): readonly Place[] {
  return modules.flatMap(({ nameForCondition, modules: inner }) => {
    if (inner?.length) return placesOf(inner);
    const [, folder, name, file = ''] = PACKAGE.exec(nameForCondition ?? '') ?? [];
    if (!folder || !name) return [];
    return { name, folder, format: /(?:^|\/)(dist-(?:cjs|es)|cjs|esm)\//.exec(file)?.[1] ?? '' };
  });
}

/** The folders of the packages, sorted. */
export function packageFolders(modules: readonly Module[]): readonly string[] {
  return [...new Set(placesOf(modules).map(({ folder }) => folder))].sort();
}

/** Packages that are there at two versions or in two formats, each as a sentence. */
export function bundledTwice(modules: readonly Module[]): readonly string[] {
  const packages = Map.groupBy(placesOf(modules), ({ name }) => name);
  return [...packages].flatMap(([name, places]) => {
    const folders = new Set(places.map(({ folder }) => folder));
    // A module of neither format is a wrapper around one of them.
    const formats = new Set(places.flatMap(({ folder, format }) => (format ? `${folder}/${format}` : [])));
    const copies = folders.size > 1 ? folders : formats;
    return copies.size > 1 ? `${name} twice: ${[...copies].sort().join(', ')}` : [];
  });
}

/** What is imported and not there. ncc bundles an import of nothing as one that fails when it runs, so that packages may do without some. */
export function missingModules(modules: readonly Module[]): readonly string[] {
  return modules.flatMap(({ name = '', modules: inner = [] }) => [
    ...(/@@notfound\.js\?(.*)/.exec(name)?.slice(1) ?? []),
    ...missingModules(inner),
  ]);
}
