import { printableJson } from '@mip/catalog/printable';
import { type Command, Option } from 'commander';
import { type Context, Failure, type GlobalOptions } from '../context.ts';
import { checkName, FIRST_VERSION, newAlgorithm } from '../new/new-algorithm.ts';
import { Occupied, placeFiles, refuseOccupied } from '../new/place-files.ts';
import { type AlgorithmType, placesOf, TEMPLATES, type Template } from '../new/template.ts';

interface NewOptions {
  readonly type: AlgorithmType;
  readonly template?: string;
}

/** `mip new NAME --type openmp|python`: a template under another name, whose cases pass at once. Exit code 1 when the name cannot be taken. */
export function add(program: Command, context: Context): void {
  const templates = TEMPLATES.map(({ name }) => name);
  program
    .command('new')
    .description('make an algorithm from a template: its code, its tests, its catalog entry, its oracle and its frozen contract')
    .argument('<name>', '2 to 36 lower-case letters, digits and single hyphens')
    .addOption(new Option('--type <type>', 'what the code is written in').choices(['python', 'openmp']).makeOptionMandatory())
    .addOption(new Option('--template <name>', 'what it starts from, by default the first of its type').choices(templates))
    .addHelpText(
      'after',
      `\nTemplates:\n${TEMPLATES.map(({ name, type, shows }) => `  ${name.padEnd(16)} ${type.padEnd(7)} ${shows}`).join('\n')}`,
    )
    .action(async (name: string, options: NewOptions) => {
      await make(context, program.opts<GlobalOptions>(), { name, template: templateOf(options) });
    });
}

/** @throws {Failure} where template and type do not go together. */
function templateOf({ type, template }: NewOptions): Template {
  const found = TEMPLATES.find((one) => (template === undefined ? one.type === type : one.name === template));
  if (found?.type !== type) throw new Failure(`${template} is no template for --type ${type}: it is for --type ${found?.type}`);
  return found;
}

async function make({ root, print, warn }: Context, { json }: GlobalOptions, { name, template }: { name: string; template: Template }) {
  checkName(name);
  const { entry, source, oracle } = placesOf(name);
  try {
    refuseOccupied(root, [entry, source, oracle, `catalog/releases/${name}`]);
    const { files, paths, warnings } = await newAlgorithm(root, template, name);
    placeFiles(root, files);
    for (const warning of warnings) warn(`warning: ${warning}`);
    const made = { name, type: template.type, template: template.name, version: FIRST_VERSION, paths, warnings };
    print(json ? printableJson(made) : sentences(name, template, paths));
  } catch (error) {
    if (error instanceof Occupied)
      throw new Failure(`${error.message} is there already: choose another name, or take it away; nothing was written`);
    throw error;
  }
}

function sentences(name: string, { type }: Template, [entry, source, oracle, contract]: readonly string[]): string {
  const code = type === 'python' ? 'algorithm.py' : 'src/main.c and adapter.py';
  return [
    `${entry}  what it takes, gives and needs`,
    `${source}/  ${code}, tests, README.md, Dockerfile`,
    `${oracle}  what is right, without the code under test`,
    `${contract}  the contract of ${FIRST_VERSION}, frozen`,
    '',
    `It is whole: \`npx mip test ${name}\` passes, and where \`npm start\` runs it goes live by itself. Now make it your own:`,
    `  1. say in the entry what it is for (description, intended_use, limitations, owners), and in the oracle what is right;`,
    `  2. write the code, and run \`npx mip test ${name}\` until it agrees with the oracle;`,
    `  3. run \`npx mip validate --fix --base origin/main\`, commit all of it and open a pull request (docs/add-an-algorithm.md).`,
  ].join('\n');
}
