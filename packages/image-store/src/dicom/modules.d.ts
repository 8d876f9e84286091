/** The part of dcmjs that tests use: its dictionary. The package ships no types. */
declare module 'dcmjs' {
  interface DictionaryEntry {
    /** `(0028,0106)` */
    readonly tag: string;
    /** Two capitals, or `xs`, `ox`, `lt` where the standard leaves a choice. */
    readonly vr: string;
    readonly name: string;
  }
  const dcmjs: {
    readonly data: { readonly DicomMetaDictionary: { readonly nameMap: Readonly<Record<string, DictionaryEntry | undefined>> } };
  };
  export default dcmjs;
}

/** Text of DICOM's character sets; the package ships no types. */
declare module 'dicom-character-set' {
  export function convertBytes(specificCharacterSet: string, bytes: Uint8Array, options?: { vr?: string }): string;
}
