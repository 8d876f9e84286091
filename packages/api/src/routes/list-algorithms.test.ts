import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_KEY, ENTRY, get, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

const asAdmin = (url: string) => app.inject({ url, headers: { 'x-admin-key': ADMIN_KEY } });

const release = { ...ENTRY.entry, version: '1.1.0' };
const RELEASES = [
  {
    version: '1.1.0',
    line: 'window-level-v1-1-0',
    queue_url: 'https://sqs.example/secret-queue',
    image_uri: ENTRY.image_uri,
    tree_hash: 'x',
    weight: 10,
    entry: release,
  },
  { version: '1.0.0', yanked: true as const },
];

describe('an algorithm', () => {
  beforeEach(() => {
    memory.rows.set('window-level', { ...ENTRY, releases: RELEASES });
  });

  it('shows a client what it takes and makes, and nothing of how it runs', async () => {
    const answer = await get(app, '/algorithms/window-level');
    const { parameters, input, output, license, regulatory } = ENTRY.entry;
    expect(answer.json()).toEqual({
      ...{ name: 'window-level', version: '1.2.0', status: 'active', description: 'Maps to 8 bits.', algorithm_type: 'openmp' },
      ...{ parameters, input, output, license, regulatory, timeout: 300 },
      releases: [
        { version: '1.1.0', weight: 10, parameters, input, output },
        { version: '1.0.0', yanked: true },
      ],
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('shows the administrator the whole row beside it', async () => {
    expect((await asAdmin('/algorithms/window-level')).json()).toMatchObject({
      name: 'window-level',
      registry: { ...ENTRY, releases: RELEASES },
    });
  });

  it.each(['/algorithms/seg', '/algorithms/UPPER', '/algorithms/__proto__', '/algorithms/..%2Fjobs'])('%s is 404', async (url) => {
    expect((await get(app, url)).statusCode).toBe(404);
  });
});

describe('the list of algorithms', () => {
  beforeEach(() => {
    memory.rows.clear();
    for (let index = 10; index < 55; index++) {
      const algorithm_name = `seg-${index}`;
      const status = index % 2 ? 'failed' : 'active';
      memory.rows.set(algorithm_name, { ...ENTRY, algorithm_name, status, algorithm_type: index < 20 ? 'python' : 'openmp' });
    }
  });

  const allOf = async (query: string) => {
    const names: string[] = [];
    for (let next = ''; ; ) {
      const page = (await get(app, `/algorithms?${query}${next && `&cursor=${next}`}`)).json();
      names.push(...page.algorithms.map(({ name }: { name: string }) => name));
      if (!page.next) return names;
      next = page.next;
    }
  };

  it('is in pages, and none is missing or twice', async () => {
    expect((await allOf('limit=7')).toSorted()).toEqual([...memory.rows.keys()].toSorted());
    expect(memory.calls.filter((call) => call === 'registry.page')).toHaveLength(7); // 45 in sevens: one read each
  });

  it('is filtered by status and type', async () => {
    expect((await allOf('status=failed&type=python&limit=2')).toSorted()).toEqual(['seg-11', 'seg-13', 'seg-15', 'seg-17', 'seg-19']);
  });

  it.each(['status=dead', 'type=perl', 'limit=0', 'cursor=x', `cursor=${Buffer.from('["A"]').toString('base64url')}`])(
    'refuses %s',
    async (query) => {
      expect((await get(app, `/algorithms?${query}`)).statusCode).toBe(400);
    },
  );
});
