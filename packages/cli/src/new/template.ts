/** The algorithms that `mip new` copies, and what in their text is their name. Pure. */

export type AlgorithmType = 'python' | 'openmp';

export interface Template {
  readonly name: string;
  readonly type: AlgorithmType;
  /** What it shows, for people who choose. */
  readonly shows: string;
}

/** The first of a type is the one that is taken where none is named. */
export const TEMPLATES: readonly Template[] = [
  { name: 'python-simple', type: 'python', shows: 'one image in, one image out' },
  { name: 'python-advanced', type: 'python', shows: 'parameters, Hounsfield units, a segmentation with measurements, series' },
  { name: 'openmp-template', type: 'openmp', shows: 'a C library that filters an image with OpenMP' },
];

/** Where an algorithm's parts lie, relative to the repository. */
export function placesOf(name: string, folder = 'algorithms') {
  return {
    source: `${folder}/${name}`,
    entry: `catalog/algorithms/${name}.yaml`,
    // Not the name alone: an oracle called `random` or `numpy` would be taken for the module of that name.
    oracle: `tests/oracles/${snake(name)}_oracle.py`,
  };
}

/** The places of a template: one level deeper than those of an algorithm. */
export function placesOfTemplate({ name }: Template) {
  return placesOf(name, 'algorithms/examples');
}

/** A file's text or path as it has to be in the copy. */
export function renamed(text: string, template: Template, name: string): string {
  const words: Readonly<Record<string, string>> = {
    [`examples/${template.name}`]: name,
    [template.name]: name,
    [snake(template.name)]: snake(name),
  };
  const named = text.replaceAll(new RegExp(Object.keys(words).join('|'), 'g'), (word) => words[word] ?? word);
  return named.replaceAll(/\.\.\/((?:\.\.\/)*(?:kernels|sdk)\/)/g, '$1'); // one level less deep
}

function snake(name: string): string {
  return name.replaceAll('-', '_');
}
