/** DICOM JSON: PS3.18 Annex F. */

export interface JsonElement {
  readonly vr: string;
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}

/** Elements by their tags, eight hexadecimal digits in capitals. */
export type JsonDataSet = Readonly<Record<string, JsonElement>>;
