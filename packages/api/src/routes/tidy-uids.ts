const UIDS = ['study_uid', 'series_uid', 'instance_uid'];

/** Strips what DICOM pads UIDs with, trailing NUL and spaces, from a request's `pacs`, in place. Any JSON will do. */
export function tidyUids(body: unknown): void {
  const pacs = typeof body === 'object' && body !== null && 'pacs' in body ? body.pacs : undefined;
  if (typeof pacs !== 'object' || pacs === null) return;
  const members = pacs as Record<string, unknown>;
  for (const name of UIDS) if (typeof members[name] === 'string') members[name] = withoutPadding(members[name]);
}

/** A loop and not a pattern: `/[\0 ]+$/` takes quadratic time on a text of many spaces. */
function withoutPadding(uid: string): string {
  let end = uid.length;
  while (end > 0 && (uid[end - 1] === ' ' || uid[end - 1] === '\0')) end -= 1;
  return uid.slice(0, end);
}
