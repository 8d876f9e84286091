/** Whether this is `npm run test:full`. What only that runs is not registered elsewhere: it is not skipped, for nothing is missing. */
export const FULL = process.env.MIP_TEST_FULL === '1';
