/** The catalog while the local cloud runs: what is saved is validated, planned and applied a moment later; what leaves is drained. */
import { join } from 'node:path';
import { loadCatalog, type Platform, type Problem } from '@mip/catalog';
import { type FolderWatch, RunLoop, watchFolder } from '@mip/local';
import { apply, type Connection, plan, type Region } from '@mip/reconcile';
import { physicalNames } from '@mip/registry';
import type { Context } from './context.ts';
import { dangerLines, faultLines, headingOf, outcomeLines, planLines, UNCHANGED } from './live-words.ts';
import { scopeOf } from './platform.ts';
import { sentenceOf } from './sentence.ts';
import { holding, openWorkspace } from './workspace.ts';

export interface LiveOptions {
  readonly context: Context;
  /** As it was when the platform was deployed. */
  readonly platform: Platform;
  readonly connection: Connection;
}

/** What a run found to say, and whether a later one may find more. */
interface Told {
  readonly lines: readonly string[];
  readonly waits: boolean;
}

/** Milliseconds without a change until it counts. A file that is gone may be one that an editor is about to put back. */
const QUIET = { changed: 200, gone: 1000 };

export class LiveCatalog {
  readonly #options: LiveOptions;
  readonly #loop: RunLoop;
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #watch: FolderWatch | undefined;
  /** What changed since the last run began: path → whether it is gone. */
  #changed = new Map<string, boolean>();
  /** What the last run said: one that nobody asked for does not say it again. */
  #said: ReadonlySet<string> = new Set();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#loop = new RunLoop({ run: () => this.#run() });
  }

  /**
   * Watches from now on. A first run, which is waited for, finds what changed before, and goes on with what an earlier one left to drain.
   */
  async start(): Promise<void> {
    const { context } = this.#options;
    const changed = ({ path, gone }: { path: string; gone: boolean }) => {
      this.#changed.set(path, gone);
      this.#loop.ask(gone ? QUIET.gone : QUIET.changed);
    };
    this.#watch = await watchFolder({ folder: join(context.root, 'catalog'), changed, note: context.warn });
    this.#loop.ask(0);
    await this.#first.promise;
  }

  /** A run that is under way finishes the change that it is at. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watch?.stop();
    await this.#loop.stop();
  }

  async #run(): Promise<boolean> {
    const { context } = this.#options;
    const changed = this.#changed;
    this.#changed = new Map();
    const [start, fresh] = [performance.now(), changed.size > 0];
    const { lines, waits } = await this.#reconcile(fresh).catch(failed);
    if (fresh) context.print(headingOf(changed, new Date()));
    for (const line of lines) if (fresh || !this.#said.has(line)) context.print(`  ${line}`);
    if (fresh) context.print(`  (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    this.#said = new Set(lines);
    this.#first.resolve();
    return waits;
  }

  /** @param fresh whether somebody changed something and wants to see the plan. */
  async #reconcile(fresh: boolean): Promise<Told> {
    const { context, platform } = this.#options;
    const { algorithms, platforms, problems } = await loadCatalog(context.root, { platform: platform.name });
    const faulty = problems.some(({ severity }) => severity === 'error');
    const now = platforms.find(({ name }) => name === platform.name);
    if (faulty || !now) return { lines: faultLines(problems), waits: false };
    if (placeOf(now) !== placeOf(platform))
      return { lines: [`${platform.file} names another place: stop and start again`, UNCHANGED], waits: false };
    const catalog = { root: context.root, algorithms, platform: now, warnings: problems };
    return this.#apply(
      await openWorkspace(context, catalog, this.#options.connection.region, { connect: () => this.#options.connection }),
      problems,
      fresh,
    );
  }

  async #apply({ aws, input }: Region, warnings: readonly Problem[], fresh: boolean): Promise<Told> {
    const { context } = this.#options;
    const prepared = await plan(aws, input);
    const { changes, refusals } = prepared.plan;
    const planned = fresh ? [...faultLines(warnings), ...planLines(prepared, context.terminal)] : [];
    // Somebody may allow it with `mip apply --allow`: then there is something to drain.
    if (prepared.dangers.length > 0) return { lines: [...(fresh ? planned : dangerLines(prepared)), UNCHANGED], waits: true };
    if (changes.length === 0 && refusals.length === 0)
      return { lines: fresh ? [...faultLines(warnings), 'nothing to change'] : [], waits: false };
    const report = await apply(aws, prepared, { ...(await holding(context)), signal: this.#stopping.signal });
    const waits = report.outcomes.some(({ result }) => result === 'waiting' || result === 'failed');
    return { lines: [...planned, ...outcomeLines(report)], waits };
  }
}

/** Tried again: AWS may be away for a moment. */
function failed(error: unknown): Told {
  return { lines: [sentenceOf(error), UNCHANGED], waits: true };
}

/** What a deployed platform cannot change under itself. */
function placeOf(platform: Platform): string {
  return `${physicalNames(scopeOf(platform)).stack} ${platform.account} ${platform.regions.join(' ')}`;
}
