/** Policies read back from a template, and what IAM would say to a request: enough of its language for the policies of this platform. */

import type { Resource, Synthesised } from './synthesised.ts';

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What somebody asks AWS for. `context` holds the condition keys that AWS fills in. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
}

/** A key of several values is a list. */
type Context = Readonly<Record<string, string | readonly string[]>>;

/** All statements of the role of that name, those of managed policies of the same stack too. */
export function statementsOf(of: Synthesised, roleName: string): readonly Statement[] {
  const role = of.resources('AWS::IAM::Role').find(({ Properties }) => Properties.RoleName === roleName);
  if (role === undefined) throw new Error(`no role ${roleName}`);
  const { Policies = [], ManagedPolicyArns = [] } = role.Properties;
  const managed = ManagedPolicyArns.map(({ Ref }: { Ref?: string }) =>
    of.resources('AWS::IAM::ManagedPolicy').find(({ id }) => id === Ref),
  );
  if (managed.includes(undefined)) throw new Error(`${roleName} has a managed policy that is not of its stack`);
  const documents = [...managed.map(({ Properties }: Resource) => Properties), ...Policies];
  return documents.flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: Statement[] } }) => PolicyDocument.Statement);
}

/** The statements of the managed policy of that name. */
export function managedStatementsOf(of: Synthesised, policyName: string): readonly Statement[] {
  const policy = of.resources('AWS::IAM::ManagedPolicy').find(({ Properties }) => Properties.ManagedPolicyName === policyName);
  if (policy === undefined) throw new Error(`no managed policy ${policyName}`);
  return policy.Properties.PolicyDocument.Statement;
}

export function actionsOf(statements: readonly Statement[]): readonly string[] {
  return [...new Set(statements.flatMap(({ Action }) => Action))].sort();
}

/** Whether a pattern of IAM (`*` any text, `?` one sign) matches all that another pattern does; a plain text is a pattern too. */
export function covers(pattern: string, other: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '[^*]');
  return new RegExp(`^${source}$`).test(other);
}

/** @throws Error on an effect or an operator that it does not know, so that no policy is misread. */
export function allows(statements: readonly Statement[], { action, resource, context = {} }: Request): boolean {
  return statements.some(({ Effect, Action, Resource, Condition = {} }) => {
    if (Effect !== 'Allow') throw new Error(`effect ${Effect}`);
    const named = [Action].flat().includes(action) && [Resource].flat().some((pattern) => covers(pattern, resource));
    return named && Object.entries(Condition).every(([operator, keys]) => holds(operator, keys, context));
  });
}

type Same = (wanted: string, is: string) => boolean;
const equal: Same = (wanted, is) => wanted === is;

/** Every value of a request, none included, has to be one of those wanted where it says `ForAllValues`; else there is one value, or none where it says `IfExists`. */
const OPERATORS: Readonly<Record<string, { readonly same: Same; readonly forAll?: true; readonly ifExists?: true }>> = {
  StringEquals: { same: equal },
  ArnEquals: { same: covers },
  ArnLike: { same: covers },
  ArnLikeIfExists: { same: covers, ifExists: true },
  'ForAllValues:StringEquals': { same: equal, forAll: true },
};

function holds(operator: string, keys: Readonly<Record<string, string | readonly string[]>>, context: Context) {
  if (operator === 'Null') return Object.entries(keys).every(([key, absent]) => (context[key] === undefined) === (absent === 'true'));
  const known = OPERATORS[operator];
  if (known === undefined) throw new Error(`operator ${operator}`);
  return Object.entries(keys).every(([key, wanted]) => {
    const values = [context[key] ?? []].flat();
    const enough = known.forAll || values.length === 1 || (known.ifExists && values.length === 0);
    return enough && values.every((is) => [wanted].flat().some((one) => known.same(one, is)));
  });
}
