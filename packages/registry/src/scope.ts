import type { NameScope } from './names.ts';

/**
 * For which platform an entry point works, by its environment; the region is AWS's own word.
 *
 * @throws {Error} that names every variable which is missing.
 */
export function readScope(environment: Readonly<Record<string, string | undefined>>): NameScope {
  const { MIP_PREFIX: prefix, MIP_PLATFORM: platform, MIP_ACCOUNT: account, AWS_REGION: region } = environment;
  if (prefix && platform && account && region) return { prefix, platform, account, region };
  const missing = Object.entries({ MIP_PREFIX: prefix, MIP_PLATFORM: platform, MIP_ACCOUNT: account, AWS_REGION: region })
    .filter(([, value]) => !value)
    .map(([name]) => name);
  throw new Error(`the environment does not say which platform this works for: set ${missing.join(', ')}`);
}
