import { describe, expect, it } from 'vitest';
import { authorization, parsePacs } from './pacs.ts';
import { remembered } from './secrets.ts';

describe('MIP_PACS', () => {
  it.each(['', '[]'])('may be empty: %j', (json) => {
    expect(parsePacs(json)).toEqual([]);
  });

  it('is a list of PACSs', () => {
    const pacs = { name: 'hospital', url: 'https://pacs.example.org/dicom-web', credentials: true, rate: { concurrent: 4 }, timeout: 30 };
    expect(parsePacs(JSON.stringify([pacs]))).toEqual([pacs]);
  });

  it.each(['{}', '[{}]', '[{"name":"x","url":"file:///etc/passwd"}]', '[{"name":"x","url":"pacs"}]', '[{"url":"https://x"}]', '['])(
    'that is %s stops the router where it starts',
    (json) => {
      expect(() => parsePacs(json)).toThrow();
    },
  );
});

describe('the secret of a PACS', () => {
  it.each([
    ['{"username":"u","password":"p:ä"}', { authorization: `Basic ${Buffer.from('u:p:ä').toString('base64')}` }],
    ['{"bearer_token":"t"}', { authorization: 'Bearer t' }],
    ['{"headers":{"x-key":"k"}}', { 'x-key': 'k' }],
  ])('%s becomes headers', (secret, headers) => {
    expect(authorization(secret)).toEqual(headers);
  });

  it.each(['{}', '[]', '{"username":"u"}', '{"headers":{"x-key":1}}', '{"bearer_token":1}', 'null', 'secret'])(
    '%s is none, and is not repeated',
    (secret) => {
      expect(() => authorization(secret)).toThrow('the secret of a PACS has none of username and password, bearer_token, headers');
    },
  );
});

describe('a secret', () => {
  function secrets(...answers: (string | Error)[]) {
    const asked: unknown[] = [];
    const send = async (command: unknown) => {
      asked.push(command);
      const answer = answers[asked.length - 1];
      if (answer instanceof Error) throw answer;
      return { SecretString: answer };
    };
    return { asked, port: { send } as never };
  }

  it('is read once, also by two at the same time', async () => {
    const { asked, port } = secrets('a', 'b');
    const read = remembered(port, 'x', 60_000);
    expect(await Promise.all([read(), read()])).toEqual(['a', 'a']);
    expect(await read()).toBe('a');
    expect(asked).toHaveLength(1);
  });

  it('is read again when its time is over', async () => {
    const read = remembered(secrets('a', 'b').port, 'x', 0);
    expect([await read(), await read()]).toEqual(['a', 'b']);
  });

  it('that could not be read is asked for again', async () => {
    const read = remembered(secrets(new Error('busy'), 'b').port, 'x', 60_000);
    await expect(read()).rejects.toThrow('busy');
    expect(await read()).toBe('b');
  });

  it('that is empty is none', async () => {
    await expect(remembered(secrets('').port, 'x', 60_000)()).rejects.toThrow();
  });
});
