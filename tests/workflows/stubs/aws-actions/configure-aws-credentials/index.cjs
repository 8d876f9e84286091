// Takes on a role as the real one does: a token of the job's own, for which STS gives a session to the later steps.
const { appendFileSync } = require('node:fs');

const { 'INPUT_ROLE-TO-ASSUME': role, 'INPUT_AWS-REGION': region, AWS_ENDPOINT_URL_STS: sts, GITHUB_ENV: file } = process.env;
const { ACTIONS_ID_TOKEN_REQUEST_URL: tokens, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = process.env;

function stop(reason) {
  console.log(`::error::${reason}`);
  process.exit(1);
}

async function main() {
  console.log(`assumes ${role} in ${region}`);
  if (!tokens)
    stop(
      'Credentials could not be loaded: It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?',
    );
  const { value } = await (await fetch(`${tokens}&audience=sts.amazonaws.com`, { headers: { authorization: `Bearer ${bearer}` } })).json();
  const body = new URLSearchParams({ Action: 'AssumeRoleWithWebIdentity', RoleArn: role, WebIdentityToken: value });
  const answer = await (await fetch(sts, { method: 'POST', body })).text();
  const of = (name) => new RegExp(`<${name}>(.*?)</${name}>`).exec(answer)?.[1];
  if (!of('AccessKeyId')) stop(`Could not assume role with OIDC: ${of('Message')}`);
  const session = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: of('AccessKeyId'),
    AWS_SECRET_ACCESS_KEY: of('SecretAccessKey'),
    AWS_SESSION_TOKEN: of('SessionToken'),
  };
  for (const [name, variable] of Object.entries(session)) appendFileSync(file, `${name}=${variable}\n`);
}

void main();
