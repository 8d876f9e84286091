import { describe, expect, it } from 'vitest';
import { MOST_FRAME_BYTES, MOST_SEEN, parseFrame } from './frames.ts';

const ID = `evt_${'a1'.repeat(16)}`;
const OTHER = `evt_${'b2'.repeat(16)}`;

describe('a frame of a client', () => {
  it.each([
    ['{"action":"ping"}', { kind: 'ping' }],
    ['{"action":"ping","more":1}', { kind: 'ping' }],
    ['{"action":"live"}', { kind: 'start', start: { kind: 'now' } }],
    ['{"action":"since","at":"2024-01-31T10:00:00Z"}', { kind: 'start', start: { kind: 'at', at: new Date(Date.UTC(2024, 0, 31, 10)) } }],
    [
      '{"action":"since","at":"2024-01-31T10:00:00.250Z"}',
      { kind: 'start', start: { kind: 'at', at: new Date(Date.UTC(2024, 0, 31, 10, 0, 0, 250)) } },
    ],
    [`{"action":"since","cursor":"${ID}"}`, { kind: 'start', start: { kind: 'cursor', cursor: ID, seen: [] } }],
    [`{"action":"since","cursor":"${ID}","seen":["${OTHER}"]}`, { kind: 'start', start: { kind: 'cursor', cursor: ID, seen: [OTHER] } }],
  ])('%s is understood', (text, asked) => {
    expect(parseFrame(text)).toEqual(asked);
  });

  it.each([
    ['nothing', '', 'not-json'],
    ['no JSON', '{', 'not-json'],
    ['a list', '[]', 'not-json'],
    ['a text', '"ping"', 'not-json'],
    ['null', 'null', 'not-json'],
    ['no action', '{}', 'unknown-action'],
    ['another action', '{"action":"stop"}', 'unknown-action'],
    ['an action of another type', '{"action":["ping"]}', 'unknown-action'],
    ['an action by its prototype', '{"__proto__":{"action":"ping"}}', 'unknown-action'],
    ['since nothing', '{"action":"since"}', 'invalid-since'],
    ['since both', `{"action":"since","at":"2024-01-31T10:00:00Z","cursor":"${ID}"}`, 'invalid-since'],
    ['a time that is none', '{"action":"since","at":"2024-13-31T10:00:00Z"}', 'invalid-since'],
    ['a time of another zone', '{"action":"since","at":"2024-01-31T10:00:00+01:00"}', 'invalid-since'],
    ['a time as a number', '{"action":"since","at":0}', 'invalid-since'],
    ['a cursor that climbs', '{"action":"since","cursor":"evt_../../x"}', 'invalid-since'],
    ['a cursor as an object', '{"action":"since","cursor":{}}', 'invalid-since'],
    ['seen that is no list', `{"action":"since","cursor":"${ID}","seen":"${ID}"}`, 'invalid-since'],
    ['seen of something else', `{"action":"since","cursor":"${ID}","seen":[1]}`, 'invalid-since'],
    [
      'seen of too many',
      JSON.stringify({ action: 'since', cursor: ID, seen: Array.from({ length: MOST_SEEN + 1 }, () => OTHER) }),
      'invalid-since',
    ],
    ['more bytes than are taken', `{"action":"ping","x":"${'é'.repeat(MOST_FRAME_BYTES / 2)}"}`, 'too-large'],
  ])('%s is refused, with what is possible', (_what, text, code) => {
    expect(parseFrame(text)).toEqual({ kind: 'refused', code, message: expect.stringMatching(/^["\w].*\.$/s) });
  });

  it('as many seen ids as are taken fit into a frame', () => {
    const text = JSON.stringify({ action: 'since', cursor: ID, seen: Array.from({ length: MOST_SEEN }, () => OTHER) });
    expect(parseFrame(text)).toMatchObject({ kind: 'start' });
  });

  it('bytes are refused, whatever they are', () => {
    expect(parseFrame('{"action":"ping"}', true)).toMatchObject({ kind: 'refused', code: 'binary' });
  });
});
