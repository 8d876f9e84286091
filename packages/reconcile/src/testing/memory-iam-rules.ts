/** What IAM refuses of a role: names, descriptions, tags, and what is no policy. */

import { IAMServiceException, InvalidInputException, LimitExceededException, MalformedPolicyDocumentException } from '@aws-sdk/client-iam';
import { LIMITS } from '@mip/registry/limits';
import { tagRecord } from '../aws/tags.ts';
import { checkTags, refuse } from './world.ts';

type Tags = readonly { readonly Key: string | undefined; readonly Value: string | undefined }[];
type Rule = { readonly max: number; readonly pattern: RegExp };

export function checkName(parameter: string, value: string, { max, pattern }: Rule): void {
  if (value.length <= max && pattern.test(value)) return;
  const message = `1 validation error detected: Value at '${parameter}' failed to satisfy constraint`;
  throw new IAMServiceException({ name: 'ValidationError', $fault: 'client', message, $metadata: {} });
}

export function checkPath(path: string): void {
  checkName('path', path, LIMITS.iam.path);
}

export function checkDescription(description: string): void {
  checkName('description', description, LIMITS.iam.description);
}

/** @returns the tags as a record. */
export function checkRoleTags(tags: Tags): Record<string, string> {
  const record = tagRecord(tags);
  if (tags.length > LIMITS.iam.tagsPerRole) refuse(LimitExceededException, 'The number of tags has reached the maximum limit.');
  if (Object.keys(record).length < tags.length) refuse(InvalidInputException, 'Duplicate tag keys found.');
  checkTags(record);
  return record;
}

/** Who may take the role on: a principal, and no resource. */
export function checkTrust(document: string): void {
  for (const statement of statementsOf(document)) {
    if (!('Principal' in statement)) malformed('AssumeRole policy must contain a Principal.');
    if ('Resource' in statement) malformed('Has prohibited field Resource.');
  }
  if (counted(document) > LIMITS.iam.trustPolicyCharacters) refuse(LimitExceededException, 'Cannot exceed quota for ACLSizePerRole: 2048');
}

/** What the role may do: a resource, and no principal. */
export function checkIdentityPolicy(document: string): void {
  for (const statement of statementsOf(document)) {
    if (!('Resource' in statement || 'NotResource' in statement)) malformed('Policy statement must contain resources.');
    if ('Principal' in statement) malformed('Policy document should not specify a principal.');
  }
}

/** @param documents all that the role would have. */
export function checkInline(role: string, documents: readonly string[]): void {
  const total = documents.reduce((sum, one) => sum + counted(one), 0);
  if (total > LIMITS.iam.inlinePolicyCharacters)
    refuse(LimitExceededException, `Maximum policy size of 10240 bytes exceeded for role ${role}`);
}

function statementsOf(document: string): readonly Record<string, unknown>[] {
  const { Version, Statement } = parse(document);
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17')
    malformed('The policy must contain a valid version string');
  const statements = [Statement ?? []].flat() as Record<string, unknown>[];
  if (statements.length === 0) malformed('Policy document must contain a statement.');
  const sids = statements.flatMap(({ Sid }) => (Sid === undefined ? [] : [String(Sid)]));
  if (new Set(sids).size < sids.length) malformed('Statement IDs (SID) in a single policy must be unique.');
  if (!sids.every((sid) => /^[A-Za-z0-9]*$/.test(sid))) malformed('Statement IDs (SID) must be alpha-numeric.');
  if (!statements.every(({ Effect }) => Effect === 'Allow' || Effect === 'Deny')) malformed('Syntax errors in policy.');
  if (!statements.every((one) => 'Action' in one || 'NotAction' in one)) malformed('Policy statement must contain actions.');
  return statements;
}

function parse(document: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(document));
  } catch {
    return malformed('Syntax errors in policy.');
  }
}

function malformed(message: string): never {
  return refuse(MalformedPolicyDocumentException, message);
}

/** White space does not count. */
function counted(document: string): number {
  return document.replaceAll(/\s/g, '').length;
}
