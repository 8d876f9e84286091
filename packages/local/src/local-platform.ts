/** The platform as it is deployed to an emulator: what a platform file in Git cannot know of this machine. Pure. */

import type { Platform } from '@mip/catalog';
import { ecrRegistry } from '@mip/registry/ecr';
import { WEBSOCKET_PATH } from './websocket-front.ts';

export type LocalPlatform = Platform & {
  /** Where the WebSocket is reached, and where its connections are managed: API Gateway's own addresses lead to AWS. */
  readonly websocket?: { readonly url: string; readonly connections_url: string };
};

export interface Here {
  /** The image of the image store that was packed from this repository. */
  readonly imageStore: { readonly repository: string; readonly digest: string };
  /** The front's address. */
  readonly url: string;
  /** The emulator's. */
  readonly endpoint: string;
}

export function localPlatform(platform: Platform, { imageStore: { repository, digest }, url, endpoint }: Here): LocalPlatform {
  const registry = ecrRegistry(platform.account, platform.regions[0]);
  return {
    ...platform,
    image_store: { ...platform.image_store, image_uri: `${registry}/${repository}@${digest}` },
    websocket: {
      url: `${url.replace(/^http/, 'ws')}${WEBSOCKET_PATH}`,
      connections_url: `${endpoint}/_aws/execute-api`,
    },
  };
}
