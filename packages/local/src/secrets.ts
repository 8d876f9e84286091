import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { EmulatorConnection } from './environment.ts';

/** `arn:aws:secretsmanager:<region>:<account>:secret:<name>` */
const PARTS_OF_SECRET_ARN = 7;

/** Resolves the `secrets` of a container definition, as ECS does with the execution role. */
export class SecretReader {
  readonly #secrets: SecretsManagerClient;
  readonly #parameters: SSMClient;

  constructor(connection: EmulatorConnection) {
    this.#secrets = new SecretsManagerClient(connection);
    this.#parameters = new SSMClient(connection);
  }

  /**
   * @param from the name or ARN of a parameter, or the ARN of a secret, which may go on with `:json-key:version-stage:version-id`.
   * @throws {Error} when it has no text; the value never shows.
   */
  async read(from: string): Promise<string> {
    const value = from.includes(':secretsmanager:') ? await this.#secret(from) : await this.#parameter(from);
    if (!value) throw new Error(`the secret ${from} has no text`);
    return value;
  }

  async #secret(from: string): Promise<string | undefined> {
    const parts = from.split(':');
    const [key, stage, version] = parts.slice(PARTS_OF_SECRET_ARN);
    const secret = new GetSecretValueCommand({
      SecretId: parts.slice(0, PARTS_OF_SECRET_ARN).join(':'),
      VersionStage: stage || undefined,
      VersionId: version || undefined,
    });
    const text = (await this.#secrets.send(secret)).SecretString;
    return key && text ? fieldOf(text, key) : text;
  }

  async #parameter(from: string): Promise<string | undefined> {
    const parameter = new GetParameterCommand({ Name: from.replace(/^arn:.*:parameter/, ''), WithDecryption: true });
    return (await this.#parameters.send(parameter)).Parameter?.Value;
  }
}

/** A field of a secret that is a JSON object; undefined when it is none, or has no such field. */
function fieldOf(text: string, key: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)[key];
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch {
    return undefined; // the parser's own words would show the secret
  }
}
