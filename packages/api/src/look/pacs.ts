/** A PACS of the platform file, as it comes to the router in `MIP_PACS`. */
export interface Pacs {
  readonly name: string;
  /** The base of its DICOMweb services, without a slash at the end. */
  readonly url: string;
  /** Whether Secrets Manager has credentials for it. */
  readonly credentials?: boolean;
  /** PEM of certificates that it is trusted by, beside the public ones. */
  readonly ca?: string;
}

/** @throws when the text is not a list of PACSs: the platform is then wrong, not a request. */
export function parsePacs(json: string): readonly Pacs[] {
  const list: unknown = JSON.parse(json || '[]');
  if (!Array.isArray(list)) throw new Error('MIP_PACS is not a list');
  for (const { name, url } of list as Partial<Pacs>[])
    if (typeof name !== 'string' || typeof url !== 'string' || !/^https?:$/.test(new URL(url).protocol))
      throw new Error('MIP_PACS has a PACS without a name or a URL');
  return list;
}

/** The headers that a PACS's secret stands for. */
export function authorization(secret: string): Readonly<Record<string, string>> {
  const { username, password, bearer_token, headers } = parsed(secret);
  if (typeof bearer_token === 'string') return { authorization: `Bearer ${bearer_token}` };
  if (typeof username === 'string' && typeof password === 'string')
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  if (typeof headers === 'object' && headers !== null && Object.values(headers).every((value) => typeof value === 'string'))
    return headers as Record<string, string>;
  throw new Error('the secret of a PACS has none of username and password, bearer_token, headers');
}

/** JSON's own error would repeat a piece of the secret. */
function parsed(secret: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(secret));
  } catch {
    return {};
  }
}
