/**
 * A configuration of terraform whose state already holds it: one `terraform_data` for each algorithm. The state is written here as
 * `apply` leaves it, which itself takes 20 s for each thousand resources; that the plan finds no changes shows that it is right.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measured } from '../measured.ts';

/** Writes it into a folder that exists, and initializes that. @returns the arguments of `terraform`, which is run there. */
export function writeConfiguration(terraform: string, folder: string, count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, index) => `window-${index}`);
  const block = (name: string) => `resource "terraform_data" "${name}" {\n  input = { name = "${name}", cpu = 256, memory = 512 }\n}\n`;
  writeFileSync(join(folder, 'main.tf'), names.map(block).join(''));
  writeFileSync(join(folder, 'terraform.tfstate'), JSON.stringify(stateOf(names)));
  measured([terraform, 'init', '-input=false'], { folder });
  return ['plan', '-input=false', '-no-color'];
}

function stateOf(names: readonly string[]): object {
  const resources = names.map((name) => {
    const held = { value: { name, cpu: 256, memory: 512 }, type: ['object', { name: 'string', cpu: 'number', memory: 'number' }] };
    const attributes = { id: randomUUID(), input: held, output: held, triggers_replace: null };
    return {
      mode: 'managed',
      type: 'terraform_data',
      name,
      provider: 'provider["terraform.io/builtin/terraform"]',
      instances: [{ schema_version: 0, attributes, sensitive_attributes: [] }],
    };
  });
  return { version: 4, terraform_version: '1.0.0', serial: 1, lineage: randomUUID(), outputs: {}, resources };
}
