/** Text of others, shown: it stays on its line, means nothing to a terminal, and is no command to whoever reads a log. Pure. */

/** Controls, ends of lines, what takes no room or turns the direction of text around, halves of characters; not what joins emoji and letters. */
const HIDDEN = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/gv;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Every character that cannot be seen, as an escape like `\n`, `\x1b` or `\u202e`; all else as it is. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (character) => SHORT[character] ?? escapeOf(character.codePointAt(0) ?? 0));
}

/**
 * The same, and no command to GitHub's runner either, whatever stands around it: it takes one from `::` where a line begins, spaces apart,
 * and from `##[` anywhere. https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function printable(text: string): string {
  return visible(text)
    .replace(/^\s*(?=::)/, '$&\\')
    .replaceAll('##[', '#\\#[');
}

/** A JSON document that holds the same values and is printable: what cannot be seen is escaped in it, and no line of it is a command. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  return text.replaceAll(HIDDEN, (character) => (character === '\n' ? character : unitsOf(character))).replaceAll('##[', '#\\u0023[');
}

/** As JSON escapes a character: by its UTF-16 units. */
function unitsOf(character: string): string {
  return Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}

function escapeOf(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
