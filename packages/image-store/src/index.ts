export { type InstanceUids, readUids, UnreadableDicom } from './header.ts';
export { type ImageStore, S3ImageStore } from './store.ts';
