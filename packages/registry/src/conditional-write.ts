import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DeleteCommand, DynamoDBDocumentClient, PutCommand, UpdateCommand, UpdateCommandOutput } from '@aws-sdk/lib-dynamodb';

/** Sends a conditional write. @returns what DynamoDB answers; undefined when the condition does not hold. */
export async function writeIf(
  document: Pick<DynamoDBDocumentClient, 'send'>,
  command: PutCommand | UpdateCommand | DeleteCommand,
): Promise<UpdateCommandOutput | undefined> {
  try {
    return await document.send(command as UpdateCommand); // the three answer alike
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
