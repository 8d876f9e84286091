/** Three tries of 1.5 s for each of the five calls of a submission stay within the API's 30 s; a healthy call takes milliseconds. */
export const PATIENCE = { maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true } };
