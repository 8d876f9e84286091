import { ecrRegistry } from '@mip/registry/ecr';
import type { Platform } from '../entry.ts';
import type { Rule } from './rule.ts';

/** A ready-made image comes from the platform's own ECR or from a registry that its file names. */
export const allowedRegistry: Rule = {
  name: 'allowed-registry',
  severity: 'error',
  reads: ['image_uri'],
  readsPlatform: ['name', 'account', 'regions', 'images'],
  *check({ algorithms, platforms }) {
    for (const platform of platforms) {
      for (const of of algorithms) {
        const { image_uri: uri } = of;
        if (uri === undefined || isAllowedImage(uri, platform)) continue;
        yield {
          of,
          pointer: '/image_uri',
          message: `platform ${platform.name} takes no image from ${uri.split('/')[0]}; it takes them from ${registries(platform).join(', ')} (images.allowed_registries)`,
        };
      }
    }
  },
};

/** Whether the image comes from the platform's own ECR, or from a registry that its file names. */
export function isAllowedImage(uri: string, platform: Pick<Platform, 'account' | 'regions' | 'images'>): boolean {
  return registries(platform).some((registry) => uri.startsWith(`${registry}/`) || isRepository(uri, registry));
}

function registries({ account, regions, images }: Pick<Platform, 'account' | 'regions' | 'images'>): string[] {
  return [...regions.map((region) => ecrRegistry(account, region)), ...images.allowed_registries];
}

/** An allowed name may be a whole repository: only a tag or a digest follows. */
function isRepository(uri: string, allowed: string): boolean {
  return allowed.includes('/') && (uri.startsWith(`${allowed}@`) || uri.startsWith(`${allowed}:`));
}
