/** The part of dcmjs that MIP uses; the package ships no types. */
declare module 'dcmjs' {
  interface ReadOptions {
    readonly untilTag?: string;
    readonly includeUntilTagValue?: boolean;
  }
  const dcmjs: {
    readonly log?: { setLevel?(level: string): void };
    readonly data: {
      readonly DicomMessage: { readFile(buffer: ArrayBuffer, options?: ReadOptions): { readonly dict: unknown } };
    };
  };
  export default dcmjs;
}
