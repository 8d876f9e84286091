/** What GitHub's runner makes of a line of a log, told as its `ActionCommand.TryParseV2` and `TryParse` tell it. */

const COMMANDS = new Set([
  ...['set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher', 'stop-commands'],
  ...['debug', 'notice', 'warning', 'error', 'group', 'endgroup', 'echo', 'internal-set-repo-path'],
]);

/** The command in a line; undefined where there is none. */
export function commandIn(line: string): string | undefined {
  return ofColons(line.trimStart()) ?? ofBrackets(line);
}

function ofColons(line: string): string | undefined {
  const end = line.startsWith('::') ? line.indexOf('::', 2) : -1;
  return end < 0 ? undefined : known(line.slice(2, end));
}

function ofBrackets(line: string): string | undefined {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  return end < 0 ? undefined : known(line.slice(start + 3, end));
}

function known(info: string): string | undefined {
  const [name = ''] = info.split(' ');
  return COMMANDS.has(name) ? name : undefined;
}
