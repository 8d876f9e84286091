/** What every command gets from the entry point; commands read no environment and write nowhere else. */
export interface Context {
  /** The repository. */
  readonly root: string;
  /** Where the local cloud keeps its state. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Loads the variables that a platform file's `environment_file` names. */
  readonly loadEnvironment: (file: string) => void;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Whether a person is looking: colours, pictures and progress; otherwise plain lines. */
  readonly terminal: boolean;
}

/** The options that every command knows. */
export interface GlobalOptions {
  readonly platform: string;
  /** One region of the platform; all of them where it is not given. */
  readonly region?: string;
  readonly json: boolean;
}

/** Exit codes that scripts can use. */
export const EXIT = { done: 0, failed: 1, pending: 2 } as const;

/** A failure that is told to the user as a sentence, with the exit code that it means. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A variable that the command cannot do without. @throws {Failure} that says where it comes from. */
export function required(context: Context, name: string): string {
  const value = context.environment[name];
  if (!value) throw new Failure(`${name} is not set: start the local cloud with \`npm start\`, or set it to your platform's.`);
  return value;
}

/** The port of the local cloud's front, 8080 where none is given. @throws {Failure} for what is no port. */
export function parsePort(text: string | undefined): number {
  const port = text ? Number(text) : 8080;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Failure(`MIP_PORT is "${text}": give a number from 1 to 65535.`);
  return port;
}
