export { type AppOptions, createApp } from './app.ts';
export { awsPorts } from './aws.ts';
export type { JobView, ResultView } from './job-view.ts';
export type { Ports, ResultFile } from './ports.ts';
