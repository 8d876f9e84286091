/** Keys and credentials in Secrets Manager. No template holds a value. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { type CfnSecret, Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

export interface Secrets {
  /** Turns DICOM UIDs into the keys of the images bucket, so that a listing tells nobody who was examined. */
  readonly imagesKey: Secret;
  /** With which workers speak to the image store. */
  readonly workersKey: Secret;
  /** By the names of the PACSs that ask for credentials. */
  readonly pacs: ReadonlyMap<string, Secret>;
  /** With which changes of the catalog are proposed; there where they are pull requests. */
  readonly github: Secret | undefined;
}

const KEY: SecretStringGenerator = { passwordLength: 64, excludePunctuation: true };
/**
 * What an operator replaces. It is not left empty: ECS starts no task with a secret that has no value, and one PACS without credentials
 * would stop the workers of every algorithm. JSON, as the true value will be, and without any of the fields that one has.
 */
const PLACEHOLDER: SecretStringGenerator = { secretStringTemplate: '{}', generateStringKey: 'replace_me', excludePunctuation: true };

/** Made by Secrets Manager itself, and kept when the stack goes. The images key is never rotated: a new one would orphan every stored image. */
export function addSecrets(scope: Construct, { names, platform }: Place): Secrets {
  const add = (id: string, secretName: string, description: string, generateSecretString: SecretStringGenerator) =>
    new Secret(scope, id, { secretName, description, generateSecretString, removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const asking = (platform.pacs ?? []).filter(({ credentials }) => credentials);
  return {
    imagesKey: add('ImagesKey', names.imagesKey, 'HMAC key of the object names in the images bucket. Losing it loses the images.', KEY),
    workersKey: add('WorkersKey', names.workersKey, 'With which workers speak to the image store.', KEY),
    pacs: new Map(
      asking.map(({ name }) => [name, add(`PacsSecret-${name}`, names.pacsSecret(name), `Credentials of the PACS ${name}`, PLACEHOLDER)]),
    ),
    github: platform.catalog?.repository
      ? add('GitHubSecret', names.githubSecret, 'With which the Admin API proposes changes of the catalog', PLACEHOLDER)
      : undefined,
  };
}

/** `Ref` of a secret is its ARN in AWS, but its name in some emulators. */
export function arnOf(secret: Secret): string {
  return (secret.node.defaultChild as CfnSecret).attrId;
}
