import type { Context } from './context.ts';

/** Where a command says how far it is. */
export interface ProgressLine {
  /** @param line says that `done` of `total` is done. Less than before is a new beginning. */
  show(line: string, done: number, total: number): void;
  /** What is written next begins a line of its own. */
  end(): void;
}

/** On a terminal one line that is written over; elsewhere a line for each tenth of the way. */
export function progressLine(
  { terminal, warn }: Pick<Context, 'terminal' | 'warn'>,
  write: (text: string) => void = (text) => process.stderr.write(text),
): ProgressLine {
  let tenths = 0;
  let open = false;
  return {
    show(line, done, total) {
      if (terminal) {
        write(`\r\x1b[K${line}`);
        open = true;
        return;
      }
      const reached = Math.floor((done * 10) / total);
      if (reached > tenths) warn(line);
      tenths = reached;
    },
    end() {
      if (open) write('\n');
      open = false;
    },
  };
}
