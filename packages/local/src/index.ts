export type { EmulatorConnection } from './environment.ts';
export type { FirstImage } from './first-images.ts';
export { LocalCloud, type Note, type Stage, type UpOptions } from './up.ts';
