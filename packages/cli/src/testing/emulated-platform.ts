/** A platform of a test on an emulator, and `mip` there: for commands that read and write what is in its tables. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { physicalNames, type Table } from '@mip/registry/names';
import { Command } from 'commander';
import { vi } from 'vitest';
import { platformFile } from '../../../../tests/actions/catalog.ts';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { createTable } from '../../../../tests/tables.ts';
import type { Context } from '../context.ts';

/** As a command's file exports it. */
type Add = (program: Command, context: Context) => void;

/** What a call printed, and why it failed; undefined where it did not. */
export interface Called {
  readonly printed: readonly string[];
  readonly failed: string | undefined;
  readonly code: typeof process.exitCode;
}

/** Call it in `beforeAll`, and `close` in `afterAll`: it sets variables of the environment. */
export class EmulatedPlatform {
  readonly prefix = `c${randomBytes(4).toString('hex')}`;
  readonly names = physicalNames({ prefix: this.prefix, account: '000000000000', region: 'eu-central-1', platform: 'north' });
  readonly emulator: TestEmulator;
  readonly dynamodb: DynamoDBClient;
  readonly #root = mkdtempSync(join(tmpdir(), 'mip-platform-'));

  private constructor(emulator: TestEmulator) {
    this.emulator = emulator;
    this.dynamodb = new DynamoDBClient(emulator.connection);
    this.write('catalog/platforms/north.yaml', platformFile({ prefix: this.prefix, catalogId: this.prefix }));
    mkdirSync(join(this.#root, 'catalog/algorithms'));
  }

  static async open(): Promise<EmulatedPlatform> {
    const emulator = await openEmulator();
    vi.stubEnv('AWS_ENDPOINT_URL', emulator.connection.endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    return new EmulatedPlatform(emulator);
  }

  /** A file of the repository. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.#root, path)), { recursive: true });
    writeFileSync(join(this.#root, path), text);
  }

  /** @param sortKey of a table that has one */
  createTable(table: Table, key: string, sortKey?: string): Promise<void> {
    return createTable(this.dynamodb, this.names.table(table), key, sortKey);
  }

  /** `mip` with one command. */
  async mip(add: Add, ...words: readonly string[]): Promise<Called> {
    const printed: string[] = [];
    const root = this.#root;
    const context: Context = {
      ...{ root, home: root, environment: {}, loadEnvironment: () => undefined, warn: () => undefined, terminal: false },
      print: (text) => printed.push(text),
    };
    const program = new Command('mip').option('--platform <name>', '', 'north').option('--region <name>').option('--json', '', false);
    add(program, context);
    const failed = await program.parseAsync(['node', 'mip', ...words]).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { printed, failed, code: failed === undefined ? process.exitCode : 1 };
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs();
    rmSync(this.#root, { recursive: true, force: true });
    await this.emulator.stop();
  }
}
