/** `npm run live`: plays the live catalog and prints what is seen; with `--write`, also writes its page in `docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { livePage } from './page.ts';
import { playLive } from './play.ts';
import { Stage } from './stage.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const print = (text: string) => process.stdout.write(`${text}\n`);
const stage = new Stage();
try {
  print('A local cloud of its own starts, which takes half a minute.');
  if ((await stage.cloud.start()) !== undefined) throw new Error(stage.cloud.printed);
  const played = await playLive(stage, ({ title, done, seen, fault }) => print(`\n${title}\n${done}\n\n${fault ?? seen.join('\n')}`));
  const failed = played.some(({ fault }) => fault !== undefined);
  process.exitCode = failed ? 1 : 0;
  if (values.write && !failed) {
    writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'live-catalog.md'), livePage(played));
    print('\ndocs/live-catalog.md is written.');
  }
} finally {
  await stage.remove();
}
