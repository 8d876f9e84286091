/** ncc ships no types: what `bundle-one.ts` uses of it. */
declare module '@vercel/ncc' {
  interface Options {
    readonly minify: boolean;
    readonly cache: boolean;
    readonly quiet: boolean;
    /** `false` leaves the code as it is; without it ncc copies what looks like the path of a file, and changes the code to find the copy. */
    readonly customEmit: (path: string) => false;
  }
  interface Result {
    readonly code: string;
    readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
  }
  export default function ncc(entry: string, options: Options): Promise<Result>;
}
