export { type ContainerOptions, type Engine, type EngineName, engineVariables, findEngine } from './container-engine.ts';
export type { EmulatorConnection } from './environment.ts';
export type { FirstImage } from './first-images.ts';
export { RunLoop } from './run-loop.ts';
export { LocalCloud, type Note, type Stage, type UpOptions } from './up.ts';
export { type FileChange, type FolderWatch, watchFolder } from './watch.ts';
