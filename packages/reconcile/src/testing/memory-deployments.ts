/** How ECS moves a service in memory: deployment by deployment, with the circuit breaker. */

import type { CreateServiceCommandInput } from '@aws-sdk/client-ecs';

/** What becomes of a revision's tasks when a service runs it. */
export type Fate = 'comes up' | 'fails' | 'hangs';

export interface MemoryDeployment {
  readonly id: string;
  status: 'PRIMARY' | 'ACTIVE';
  readonly taskDefinition: string;
  readonly networkConfiguration: CreateServiceCommandInput['networkConfiguration'];
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** How long ECS tries tasks that fail before its circuit breaker trips. */
const TRIES_MS = 20_000;
const BREAKER = 'ECS deployment circuit breaker';

type Settings = CreateServiceCommandInput;
type Before = readonly MemoryDeployment[];

/** What a call that creates or updates the service makes of its deployments: nothing new where nothing of them changes. */
export function deploy(before: Before, settings: Settings, { now, force = false }: { now: number; force?: boolean }): MemoryDeployment[] {
  const { taskDefinition = '', networkConfiguration } = settings;
  const primary = before.find(({ status }) => status === 'PRIMARY');
  const same = primary?.taskDefinition === taskDefinition && text(primary.networkConfiguration) === text(networkConfiguration);
  return same && !force
    ? [...before]
    : pushed(before, { taskDefinition, networkConfiguration, now, reason: 'ECS deployment in progress.' });
}

/** What has become of them by now. @returns what the service runs from now on as well: a breaker may have put it back. */
export function moved(
  before: Before,
  settings: Settings,
  fate: Fate,
  now: number,
): { deployments: MemoryDeployment[]; settings: Settings } {
  const [primary] = before;
  const stays = { deployments: [...before], settings };
  if (primary?.rolloutState !== 'IN_PROGRESS') return stays;
  if (fate === 'comes up' || settings.desiredCount === 0) {
    const done = { ...primary, rolloutState: 'COMPLETED' as const, rolloutStateReason: `ECS deployment ${primary.id} completed.` };
    return { deployments: [done], settings };
  }
  const { deploymentCircuitBreaker: breaker } = settings.deploymentConfiguration ?? {};
  if (fate === 'hangs' || now - primary.since < TRIES_MS || !breaker?.enable) return stays;
  const failed = { ...primary, rolloutState: 'FAILED' as const, rolloutStateReason: `${BREAKER}: tasks failed to start.` };
  const good = before.find((one) => one.status === 'ACTIVE' && one.rolloutState === 'COMPLETED');
  if (!good || !breaker.rollback) return { deployments: [failed, ...before.slice(1)], settings };
  const { taskDefinition, networkConfiguration } = good;
  const reason = `${BREAKER}: rolling back to deploymentId ${good.id}.`;
  const back = pushed([failed, ...before.slice(1)], { taskDefinition, networkConfiguration, now, reason });
  return { deployments: back, settings: { ...settings, taskDefinition, networkConfiguration } };
}

let made = 0;

interface Next extends Pick<MemoryDeployment, 'taskDefinition' | 'networkConfiguration'> {
  readonly now: number;
  readonly reason: string;
}

function pushed(before: Before, { now, reason, ...of }: Next): MemoryDeployment[] {
  const older = before.map((one) => ({ ...one, status: 'ACTIVE' as const }));
  made += 1;
  return [
    { id: `ecs-svc/${made}`, status: 'PRIMARY', ...of, rolloutState: 'IN_PROGRESS', rolloutStateReason: reason, since: now },
    ...older,
  ];
}

function text(value: unknown): string {
  return JSON.stringify(value ?? null);
}
