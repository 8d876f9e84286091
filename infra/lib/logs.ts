/** Log groups: named, kept when the stack goes, and emptied after the days that the platform file says. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

/** @param name without one CloudFormation chooses it. */
export function addLogGroup(scope: Construct, id: string, place: Place, name?: string): LogGroup {
  return new LogGroup(scope, id, {
    ...(name === undefined ? {} : { logGroupName: name }),
    retention: retention(place),
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/** @throws Error when CloudWatch does not offer that number of days. */
function retention({ platform }: Place): RetentionDays {
  const days = platform.defaults.log_retention_days;
  if (typeof RetentionDays[days] !== 'string') {
    const offered = Object.values(RetentionDays).filter((value) => typeof value === 'number' && value < 9999);
    throw new Error(`defaults.log_retention_days is ${days}: CloudWatch Logs keeps ${offered.join(', ')} days.`);
  }
  return days;
}
