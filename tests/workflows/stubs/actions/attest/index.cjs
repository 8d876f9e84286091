// Says what would be attested, line by line as the real one reads the file.
const { readFileSync } = require('node:fs');

const lines = readFileSync(process.env['INPUT_SUBJECT-CHECKSUMS'], 'utf8').split('\n').filter(Boolean);
for (const line of lines) {
  const [, digest, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
  if (!digest) {
    console.log(`::error::no digest and name: ${line}`);
    process.exit(1);
  }
  console.log(`attests ${name} sha256:${digest}`);
}
