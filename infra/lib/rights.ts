/** Policies as tables: actions, resources and conditions side by side, each statement said in full. */

import { type Conditions, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** One statement that allows. */
export interface Right {
  readonly to: readonly string[];
  /** ARNs; `*` only for actions that AWS does not let anyone narrow. */
  readonly on: readonly string[];
  readonly when?: Conditions;
}

export function statements(rights: readonly Right[]): PolicyStatement[] {
  return rights.map(
    ({ to, on, when }) => new PolicyStatement({ actions: [...to], resources: [...on], ...(when && { conditions: { ...when } }) }),
  );
}

export function policyOf(rights: readonly Right[]): PolicyDocument {
  return new PolicyDocument({ statements: statements(rights) });
}
