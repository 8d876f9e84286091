/** A zone of octoDNS whose target already holds what its source says: a plan finds nothing to change. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CONFIGURATION = `providers:
  source:
    class: octodns.provider.yaml.YamlProvider
    directory: ./source
  target:
    class: octodns.provider.yaml.YamlProvider
    directory: ./target
zones:
  example.com.:
    sources: [source]
    targets: [target]
`;

/** Writes it into a folder that exists. @returns the arguments of `octodns-sync`, which is run there. */
export function writeZone(folder: string, records: number): readonly string[] {
  const zone = Array.from({ length: records }, (_, index) => {
    const name = `record-${String(index).padStart(6, '0')}`;
    return `${name}:\n  type: A\n  value: 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}\n`;
  }).join('');
  for (const provider of ['source', 'target']) {
    mkdirSync(join(folder, provider));
    writeFileSync(join(folder, provider, 'example.com.yaml'), zone);
  }
  writeFileSync(join(folder, 'config.yaml'), CONFIGURATION);
  return ['--config-file=config.yaml'];
}
