import type { Platform } from '../entry.ts';
import type { Rule } from './rule.ts';

/** The regulatory status and the licence are ones that every platform allows. */
export const allowedPolicy: Rule = {
  name: 'allowed-policy',
  severity: 'error',
  reads: ['regulatory', 'license'],
  readsPlatform: ['name', 'allow'],
  *check({ algorithms, platforms }) {
    for (const platform of platforms) {
      for (const of of algorithms) {
        const { status } = of.regulatory;
        if (!platform.allow.regulatory.includes(status)) {
          yield {
            of,
            pointer: '/regulatory/status',
            message: `platform ${platform.name} does not allow the regulatory status ${status} (it allows ${platform.allow.regulatory.join(', ')})`,
          };
        }
        if (!isLicensed(of.license, platform)) {
          yield {
            of,
            pointer: '/license',
            message: `platform ${platform.name} does not allow the licence ${of.license}; it allows ${platform.allow.licenses.join(', ')}`,
          };
        }
      }
    }
  },
};

/** SPDX: AND binds closer than OR; WITH only adds permissions. */
function isLicensed(expression: string, { allow }: Platform): boolean {
  const allowed = (one: string) => allow.licenses.includes(one.split(' WITH ')[0] ?? '');
  return expression.split(' OR ').some((choice) => choice.split(' AND ').every(allowed));
}
