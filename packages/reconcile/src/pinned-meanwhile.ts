/** Pins that were set or ended after a plan was made: a run that waited for the lease must not take an emergency's rollback back. */

import { type Pin, Registry } from '@mip/registry';
import { applySteps, type Outcome } from './apply.ts';
import type { Aws } from './aws/clients.ts';
import { diffFields, type PlannedChange } from './change.ts';
import type { Run } from './kinds/kind.ts';
import type { Plan, Step } from './plan.ts';

/** Under the lease: makes the changes, but for those of algorithms whose pin is another one by now, which are left to a plan that knows it. */
export async function applyMeant(aws: Aws, plan: Pick<Plan, 'pins'>, steps: readonly Step[], run: Run): Promise<readonly Outcome[]> {
  const algorithms = [...new Set(steps.flatMap(({ change }) => (change.wanted ? [change.algorithm] : [])))];
  const rows = await new Registry(aws.dynamodb, run.names.table('algorithms')).getMany(algorithms);
  const pins = new Map(rows.flatMap(({ algorithm_name, pin }) => (pin ? [[algorithm_name, pin] as const] : [])));
  const changed = new Set(algorithms.filter((name) => isAnother(name, { plan, steps, pin: pins.get(name) })));
  const late = steps.filter(({ planned }) => changed.has(planned.algorithm));
  const made = await applySteps(
    aws,
    steps.filter(({ planned }) => !changed.has(planned.algorithm)),
    run,
  );
  return [...made, ...late.map(({ planned }) => leftAlone(planned))];
}

function leftAlone({ kind, name, algorithm, action }: PlannedChange): Outcome {
  const reason = 'somebody pinned it, or ended its pin, after this plan was made; plan and apply again';
  return { kind, name, algorithm, action, result: 'failed', reason };
}

/** A pin to the version that is wanted anyhow is over, and so is one whose time has come: the plan knew those and is to remove them. */
function isAnother(
  name: string,
  { plan, steps, pin }: { plan: Pick<Plan, 'pins'>; steps: readonly Step[]; pin: Pin | undefined },
): boolean {
  const known = plan.pins.find(({ algorithm }) => algorithm === name);
  if (known) return diffFields({ algorithm: name, ...pin }, known).length > 0;
  const seen = steps.find(({ change }) => change.kind === 'registry-entry' && change.name === name)?.change.observed?.spec;
  return pin !== undefined && diffFields(pin, (seen as { pin?: Pin } | undefined)?.pin).length > 0 && !isWanted(name, pin, steps);
}

function isWanted(name: string, { version }: Pin, steps: readonly Step[]): boolean {
  return steps.some(({ change: { algorithm, wanted } }) => algorithm === name && wanted?.at === undefined && wanted?.version === version);
}
