/** The index of everything tagged: 100 resources a call, whatever service they belong to. It lags behind by seconds. */

import { GetResourcesCommand, type ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { LIMITS } from '@mip/registry/limits';
import { TAGS } from '@mip/registry/names';

export interface TaggedResource {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * @param type like `ecs:service`; for SQS, whose ARNs have no type, `sqs`.
 * @throws whatever a page throws: half an index is not an index.
 */
export async function* ownedResources(
  tagging: Pick<ResourceGroupsTaggingAPIClient, 'send'>,
  catalogId: string,
  type: string,
): AsyncGenerator<TaggedResource> {
  let token: string | undefined;
  do {
    const page = await tagging.send(
      new GetResourcesCommand({
        TagFilters: [{ Key: TAGS.managedBy, Values: [catalogId] }],
        ResourceTypeFilters: [type],
        ResourcesPerPage: LIMITS.tagging.getResourcesPage,
        ...(token && { PaginationToken: token }),
      }),
    );
    for (const { ResourceARN, Tags = [] } of page.ResourceTagMappingList ?? []) yield { arn: ResourceARN ?? '', tags: tagRecord(Tags) };
    token = page.PaginationToken || undefined;
  } while (token);
}

/** Tags as every service spells them (`Key`/`Value`, `key`/`value`), as one record. */
export function tagRecord(
  tags: readonly { Key?: string | undefined; Value?: string | undefined; key?: string | undefined; value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? tag.key ?? '', tag.Value ?? tag.value ?? '']));
}

/** A record as ECR wants it. */
export function upperTags(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A record as ECS wants it. */
export function lowerTags(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** Tags as part of a description: for what the index of tags does not know, and whose list shows descriptions. */
export function tagsInWords(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

/** The tags that a description holds. */
export function describedTags(description = ''): Record<string, string> {
  return Object.fromEntries([...description.matchAll(/(mip:[a-z-]+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]));
}
