import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { EmulatorConnection } from './environment.ts';

/** Resolves the `secrets` of a container definition, as ECS does with the execution role. */
export class SecretReader {
  readonly #secrets: SecretsManagerClient;
  readonly #parameters: SSMClient;

  constructor(connection: EmulatorConnection) {
    this.#secrets = new SecretsManagerClient(connection);
    this.#parameters = new SSMClient(connection);
  }

  /** @param from the ARN of a secret or of a parameter. @throws {Error} when it has no text; the value never shows. */
  async read(from: string): Promise<string> {
    const value = from.includes(':secretsmanager:')
      ? (await this.#secrets.send(new GetSecretValueCommand({ SecretId: from }))).SecretString
      : (await this.#parameters.send(new GetParameterCommand({ Name: from.replace(/^arn:.*:parameter/, ''), WithDecryption: true })))
          .Parameter?.Value;
    if (!value) throw new Error(`the secret ${from} has no text`);
    return value;
  }
}
