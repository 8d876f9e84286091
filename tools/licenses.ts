/** The notices that have to go with bundled packages, each text once: most packages of a bundle share the text of theirs. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @param folders of packages, absolute or relative to the working folder. */
export async function licensesOf(folders: readonly string[]): Promise<string> {
  const notices = await Promise.all(folders.map(noticeOf));
  const byText = Map.groupBy(notices, ({ text }) => text);
  return [...byText]
    .map(([text, packages]) => `${packages.map(({ title }) => title).join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

async function noticeOf(folder: string): Promise<{ title: string; text: string }> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return { title: `${name} ${version} (${license})`, text: texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n') };
}
