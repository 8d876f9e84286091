import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ENVIRONMENT } from './bundle.ts';

it('the Dockerfile has the environment that the server is measured with', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8');
  const words = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value.includes(' ') ? `"${value}"` : value}`);
  expect(dockerfile).toContain(`\nENV ${words.join(' ')}\n`);
});
