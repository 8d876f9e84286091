// Generated from schemas/public-images.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * The DICOM files that may lie in this repository though they do not say that their patient's identity was removed: known public images.
 */
export interface PublicImages {
  /**
   * The known public images.
   *
   * @maxItems 1000
   *
   * Items: One image, known by its content; it may lie anywhere and have any name.
   */
  images: {
    /**
     * The SHA-256 of the whole file.
     */
    sha256: string;
    /**
     * Where it was published, so that anybody can see that it is public.
     */
    source: string;
    /**
     * The licence it was published under, as an SPDX identifier or the collection's own name.
     */
    license: string;
    /**
     * What it shows, for people.
     */
    note?: string;
  }[];
}
