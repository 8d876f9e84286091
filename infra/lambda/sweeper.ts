/** Lambda entry point of the sweeper. */
import { createSweeper } from '@mip/api/sweeper-lambda';
import { readScope } from '@mip/registry/scope';

export const handler = createSweeper(readScope(process.env));
