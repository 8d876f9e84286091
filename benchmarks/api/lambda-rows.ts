/** What the Lambdas weigh, and how long each takes from the load of its module until it is ready, in a process of its own, beside one that does nothing. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { bundle, loadedAtOnce } from '../../infra/lib/bundle.ts';
import { ROOT } from '../catalog-of.ts';
import { bound, median, type Row } from '../row.ts';

const MOST_MB = 1.5;
const ROUNDS = 9;
const EMPTY = 'an empty handler';

/** Loads a module, and says how long that took. */
const PROGRAM = `
const start = performance.now();
const { handler } = await import(process.argv[1]);
if (typeof handler !== 'function') throw new Error('no handler');
console.error(performance.now() - start);
process.exit();`;

const ENVIRONMENT = {
  ...{ MIP_PREFIX: 'mip', MIP_PLATFORM: 'p', MIP_ACCOUNT: '000000000000', MIP_MAX_REQUEST_BYTES: '1000', MIP_PACS: '[]' },
  ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
  NODE_OPTIONS: '--enable-source-maps', // as infra/lib/lambda.ts has it
};

const { resolve } = createRequire(join(ROOT, 'infra/package.json'));
/** What stands beside the code. */
const ASSETS = [
  join(ROOT, 'schemas/openapi.json'),
  ...['swagger-ui.css', 'swagger-ui-bundle.js'].map((file) => resolve(`swagger-ui-dist/${file}`)),
];

export async function lambdaRows(log: (line: string) => void): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mip-lambdas-'));
  try {
    const names = readdirSync(join(ROOT, 'infra/lambda')).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []));
    const sizes = names.map((name) =>
      bound(`size of the Lambda ${name} at its start`, 'MB', write(folder, name, join(ROOT, 'infra/lambda', `${name}.ts`)), MOST_MB),
    );
    writeFileSync(join(folder, 'empty.ts'), 'export const handler = async () => ({ statusCode: 204 });\n');
    write(folder, 'empty', join(folder, 'empty.ts'));
    const starts: Row[] = [];
    for (const name of names) starts.push(await coldStart(folder, name, log));
    return [...sizes, ...starts];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns megabytes of what is loaded at the start, without source maps, which are read when something throws. */
function write(folder: string, name: string, entry: string): number {
  const files = bundle(entry);
  const own = join(folder, name);
  mkdirSync(own);
  for (const { path, contents } of files) writeFileSync(join(own, basename(path)), contents);
  for (const file of ASSETS) copyFileSync(file, join(own, basename(file)));
  return loadedAtOnce(files).reduce((sum, { contents }) => sum + contents.length, 0) / 1e6;
}

/** In turns, so that the machine's noise hits both alike. */
async function coldStart(folder: string, name: string, log: (line: string) => void): Promise<Row> {
  const [own, empty]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const times = [await load(join(folder, name, 'index.mjs')), await load(join(folder, 'empty', 'index.mjs'))] as const;
    if (round === 0) continue; // the first reads both files from the disk
    own.push(times[0]);
    empty.push(times[1]);
  }
  const [mip, peer] = [median(own), median(empty)];
  log(`${name}: ready after ${mip.toFixed(0)} ms, ${EMPTY} after ${peer.toFixed(1)} ms`);
  return { case: `cold start of the Lambda ${name}`, unit: 'ms', mip, peer, peer_name: EMPTY, ratio: peer / mip, goal: null, holds: null };
}

async function load(file: string): Promise<number> {
  const { stderr } = await execa(process.execPath, ['--input-type=module', '-e', PROGRAM, file], { env: ENVIRONMENT });
  return Number(stderr.trim().split('\n').at(-1));
}
