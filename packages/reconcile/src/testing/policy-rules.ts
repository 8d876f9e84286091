/** What IAM refuses of a policy document. Pure. */

import { LIMITS } from '@mip/registry/limits';
import type { Check } from './rejection-rules.ts';

type Statement = Readonly<Record<string, unknown>>;

/** Who may take a role on: a principal, and no resource. */
export function trustPolicy(field: string): Check {
  return documentIn(field, (statement) => {
    if (!('Principal' in statement)) return 'AssumeRole policy must contain a Principal.';
    return 'Resource' in statement ? 'Has prohibited field Resource.' : undefined;
  });
}

/** What a role may do: a resource, and no principal. */
export function identityPolicy(field: string): Check {
  return documentIn(field, (statement) => {
    if (!('Resource' in statement || 'NotResource' in statement)) return 'Policy statement must contain resources.';
    return 'Principal' in statement ? 'Policy document should not specify a principal.' : undefined;
  });
}

export function trustPolicySize(field: string): Check {
  return ({ [field]: text }) =>
    typeof text === 'string' && characters(text) > LIMITS.iam.trustPolicyCharacters
      ? `Cannot exceed quota for ACLSizePerRole: ${LIMITS.iam.trustPolicyCharacters}`
      : undefined;
}

/** White space does not count. */
export function characters(document: string): number {
  return document.replaceAll(/\s/g, '').length;
}

/** A field that is not there is not looked at. */
function documentIn(field: string, complaint: (statement: Statement) => string | undefined): Check {
  return ({ [field]: text }) => {
    if (text === undefined) return undefined;
    const document = parsed(String(text));
    if (!document) return 'Syntax errors in policy.';
    const statements = [document.Statement ?? []].flat() as Statement[];
    return wholeComplaint(document, statements) ?? statements.map(complaint).find((one) => one !== undefined);
  };
}

function wholeComplaint({ Version }: Statement, statements: readonly Statement[]): string | undefined {
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17')
    return 'The policy must contain a valid version string';
  if (statements.length === 0) return 'Policy document must contain a statement.';
  const sids = statements.flatMap(({ Sid }) => (Sid === undefined ? [] : [String(Sid)]));
  if (new Set(sids).size < sids.length) return 'Statement IDs (SID) in a single policy must be unique.';
  if (!sids.every((sid) => /^[A-Za-z0-9]*$/.test(sid))) return 'Statement IDs (SID) must be alpha-numeric.';
  if (!statements.every(({ Effect }) => Effect === 'Allow' || Effect === 'Deny')) return 'Syntax errors in policy.';
  return statements.every((one) => 'Action' in one || 'NotAction' in one) ? undefined : 'Policy statement must contain actions.';
}

function parsed(text: string): Statement | undefined {
  try {
    return Object(JSON.parse(text));
  } catch {
    return undefined;
  }
}
