export { type InstanceUids, readUids, UnreadableDicom } from './header.ts';
export { type ImageStore, NotStored, StowClient, type StowClientOptions, type StowOutcome, type StowSource } from './stow-client.ts';
