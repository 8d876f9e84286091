/** Before each file of tests: fast-check begins where all chance begins. */
import fc from 'fast-check';
import { SEED } from './seed.ts';

fc.configureGlobal({ seed: SEED });
