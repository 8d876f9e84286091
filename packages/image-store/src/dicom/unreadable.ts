/** The bytes are not a DICOM file that can be stored; `message` says why as the rest of a sentence, without a value from the file. */
export class UnreadableDicom extends Error {
  override readonly name = 'UnreadableDicom';
}

/** The file, or what would have to be held of it at once, is larger than allowed; `message` as above. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}
