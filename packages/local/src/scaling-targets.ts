/**
 * What Application Auto Scaling holds of ECS services, in the shape of its API, kept in a file: the emulator's own state survives a stop too.
 * Only what reconcile asks for, and refused as AWS refuses it.
 */
import { readIfThere, writePrivately } from './environment.ts';

/** An input of the API: names are AWS's own. */
export type Input = Readonly<Record<string, unknown>>;

export interface Target {
  readonly id: string;
  readonly min: number;
  readonly max: number;
  readonly suspended: Input;
  readonly tags: Input;
  readonly created: number;
  readonly policies: Readonly<Record<string, Input>>;
  readonly actions: Readonly<Record<string, Input>>;
}

/** A refusal, by the name of AWS's exception. */
export class ScalingRefusal extends Error {
  readonly code: string;
  constructor(code: 'ValidationException' | 'ObjectNotFoundException' | 'UnknownOperationException', message: string) {
    super(message);
    this.code = code;
  }
}

export class ScalingTargets {
  readonly #file: string;
  readonly #targets: Map<string, Target>;
  #saved: Promise<void> = Promise.resolve();

  private constructor(file: string, targets: readonly Target[]) {
    this.#file = file;
    this.#targets = new Map(targets.map((target) => [target.id, target]));
  }

  /** What the file holds; nothing where there is none. */
  static async open(file: string): Promise<ScalingTargets> {
    return new ScalingTargets(file, JSON.parse((await readIfThere(file)) ?? '[]'));
  }

  all(): readonly Target[] {
    return [...this.#targets.values()];
  }

  find(id: string): Target | undefined {
    return this.#targets.get(id);
  }

  /** @throws {ScalingRefusal} where it is not registered. */
  get(id: string): Target {
    const found = this.#targets.get(id);
    if (!found)
      throw new ScalingRefusal('ObjectNotFoundException', `No scalable target registered for service namespace: ecs, resource ID: ${id}`);
    return found;
  }

  async put(target: Target): Promise<void> {
    this.#targets.set(target.id, target);
    await this.#save();
  }

  async remove(id: string): Promise<void> {
    this.get(id);
    this.#targets.delete(id);
    await this.#save();
  }

  /** One write after the other, each of the newest state. */
  #save(): Promise<void> {
    const write = () => writePrivately(this.#file, `${JSON.stringify(this.all())}\n`);
    this.#saved = this.#saved.then(write, write);
    return this.#saved;
  }
}
