/** The key that turns DICOM UIDs into the keys of the images bucket, so that a listing tells nobody who was examined. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

/** Made by Secrets Manager itself: its value is in no template. Never rotated: a new key would orphan every stored image. */
export function addImagesKey(scope: Construct, { names }: Place): Secret {
  return new Secret(scope, 'ImagesKey', {
    secretName: names.imagesKey,
    description: 'HMAC key of the object names in the images bucket. Losing it loses the images.',
    generateSecretString: { passwordLength: 64, excludePunctuation: true },
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
