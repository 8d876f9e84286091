/** The files behind `/openapi.json` and `/docs`: beside the code of the Lambda, or where this repository has them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What can be asked for, and nothing else. */
export const PAGE_FILES = ['openapi.json', 'swagger-ui.css', 'swagger-ui-bundle.js'] as const;
export type PageFile = (typeof PAGE_FILES)[number];

export interface Pages {
  read(file: PageFile): Promise<Buffer>;
}

/** Files of these paths, each read once. */
export function pagesAt(paths: Readonly<Record<PageFile, string>>): Pages {
  const known = new Map<PageFile, Promise<Buffer>>();
  return {
    read(file) {
      const content = known.get(file) ?? readFile(paths[file]);
      known.set(file, content);
      return content;
    },
  };
}

/** All of them in one folder, as `infra/lib/lambda.ts` lays them beside a Lambda. */
export function pagesIn(folder: string): Pages {
  return pagesAt(Object.fromEntries(PAGE_FILES.map((file) => [file, join(folder, file)])) as Record<PageFile, string>);
}
