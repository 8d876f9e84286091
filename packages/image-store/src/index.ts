export { type InstanceUids, readFileUids, readUids, UnreadableDicom } from './header.ts';
export { type ImageStore, NotStored, StowClient, type StowClientOptions, type StowOutcome, type StowSource } from './stow-client.ts';
