// Gives the later steps of the job what reaches the emulator: without this step they have no cloud. A role that MIP_TEST_REFUSED names is refused.
const { appendFileSync } = require('node:fs');

const { 'INPUT_ROLE-TO-ASSUME': role, 'INPUT_AWS-REGION': region, MIP_TEST_AWS: endpoint, MIP_TEST_REFUSED: refused } = process.env;
console.log(`assumes ${role} in ${region}`);
if (role === '' || role === refused) {
  console.log('::error::Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity');
  process.exit(1);
}
const variables = {
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};
appendFileSync(
  process.env.GITHUB_ENV,
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
);
