/** A UID as it may come in, without the padding of DICOM's: nothing else ever reaches the index or a key. */
export const UID = /^[0-9.]{1,64}$/;
