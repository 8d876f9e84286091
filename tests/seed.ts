import { randomInt } from 'node:crypto';
import { FULL } from './full.ts';

/**
 * Where all chance in the tests begins. `npm test` begins at the same number each time, so that it says the same of the same commit; the full run
 * looks for what nobody thought of, and prints its number where something fails. `MIP_SEED` chooses it.
 */
export const SEED = Number(process.env.MIP_SEED ?? (FULL ? randomInt(1 << 30) : 20_261_127));
