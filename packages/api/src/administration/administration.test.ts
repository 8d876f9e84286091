/** The routes that change the catalog, over a catalog in memory. */
import { parseDocument, validateCatalog } from '@mip/catalog';
import { blobHash } from '@mip/catalog/store';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ACCOUNT_REGISTRY, DIGEST, type MemoryCatalog, SEG } from '../testing/memory-catalog.ts';
import { ADMIN_KEY, KEY, type Setup, setUp } from '../testing/requests.ts';

const FILE = 'catalog/algorithms/seg.yaml';
const OLD = {
  name: 'old',
  image_uri: `${ACCOUNT_REGISTRY}/clinic/seg:v1`,
  algorithm_type: 'python',
  description: 'Finds nothing.',
  cpu: 1024,
  memory: 2048,
  parameters: { threshold: { type: 'float', default: 0.5 } },
};
const ENTRY = { ...(parse(SEG) as object), name: 'new' };

let setup: Setup;
let catalog: MemoryCatalog;
beforeEach(() => {
  setup = setUp();
  catalog = setup.memory.catalog;
  catalog.files.set(FILE, SEG).set('catalog/releases/seg/1.2.0.yaml', CONTRACT);
});

/** Of seg, as `mip validate --fix` writes it. */
const CONTRACT = `${JSON.stringify(
  {
    algorithm_type: 'python',
    description: 'Finds nothing.',
    input: { scope: ['instance'], units: 'stored' },
    license: 'MIT',
    name: 'seg',
    output: { kind: 'image', store: ['s3'] },
    parameters: { width: { default: 5, description: 'How wide.', maximum: 10, minimum: 1, type: 'float' } },
    regulatory: { status: 'research' },
    version: '1.2.0',
  },
  null,
  2,
)}\n`;

type Method = 'POST' | 'PATCH' | 'DELETE';

async function send(method: Method, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await setup.app.inject({ method, url, headers: { 'x-admin-key': ADMIN_KEY, ...type, ...headers }, ...payload });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : answer.json() };
}
const create = (body: unknown) => send('POST', '/algorithms', body);
const change = (patch: unknown, headers = {}) => send('PATCH', '/algorithms/seg', patch, headers);
const pointers = (body: { errors?: { pointer: string }[] }) => body.errors?.map(({ pointer }) => pointer);

/** What `mip validate` would say of the catalog as it is now. */
function faults(): readonly string[] {
  const documents = (folder: string) =>
    [...catalog.files].filter(([path]) => path.startsWith(folder)).map(([path, text]) => parseDocument(text, path));
  const contracts = {
    has: (name: string, version: string) => catalog.files.has(`catalog/releases/${name}/${version}.yaml`),
    look: (name: string, version: string, expected: string) => {
      const text = catalog.files.get(`catalog/releases/${name}/${version}.yaml`);
      return text === undefined ? ('missing' as const) : text === expected ? ('as expected' as const) : parseDocument(text, '');
    },
  };
  const given = { algorithms: documents('catalog/algorithms'), platforms: documents('catalog/platforms') };
  return validateCatalog(given, () => false, { releases: { contracts } }).problems.map(({ pointer, message }) => `${pointer} ${message}`);
}

describe('the catalog of these tests', () => {
  it('has no faults', () => expect(faults()).toEqual([]));
});

describe('a registration', () => {
  it('of an entry is one change: the entry, and its frozen contract', async () => {
    const { status, headers, body } = await create(ENTRY);
    expect([status, body]).toEqual([
      202,
      { algorithm: 'new', version: '1.2.0', state: 'written', href: '/algorithms/new', placeholders: [], warnings: [] },
    ]);
    expect(headers.location).toBe('/algorithms/new');
    expect(catalog.changes.map(({ title, files }) => [title, files.map(({ path }) => path)])).toEqual([
      ['Register new 1.2.0', ['catalog/releases/new/1.2.0.yaml', 'catalog/algorithms/new.yaml']],
    ]);
    expect(parse(catalog.files.get('catalog/algorithms/new.yaml') ?? '')).toEqual(ENTRY);
    expect(headers.etag).toBe(`"${blobHash(catalog.files.get('catalog/algorithms/new.yaml') ?? '')}"`);
    expect(faults()).toEqual([]);
  });

  it('in the older form gets a version, a digest and placeholders, which the pull request flags', async () => {
    const { status, body } = await create(OLD);
    expect([status, body.version, body.placeholders.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
      202,
      '1.0.0',
      ['/input', '/output', '/owners', '/license'],
    ]);
    const text = catalog.files.get('catalog/algorithms/old.yaml') ?? '';
    expect(parse(text)).toMatchObject({ ...OLD, version: '1.0.0', image_uri: `${ACCOUNT_REGISTRY}/clinic/seg@${DIGEST}` });
    expect(text).toMatch(/^image_uri: .* # the tag v1, when it was registered$/m);
    expect(text.match(/^\w+:.* # placeholder: /gm)).toHaveLength(4);
    expect(catalog.changes[0]?.body).toMatch(/^\*\*Not to be merged yet\*\*/);
    expect(catalog.changes[0]?.body.match(/^- \[ \] `(input|output|owners|license)` is a placeholder/gm)).toHaveLength(4);
    expect(faults()).toEqual([]);
  });

  it('after others of that name were released gets the next minor version', async () => {
    catalog.files.set('catalog/releases/old/1.4.0.yaml', '{}');
    expect((await create(OLD)).body.version).toBe('1.5.0');
  });

  it('of a name that is there is 409, and so is one that lost a race', async () => {
    expect((await create({ ...ENTRY, name: 'seg' })).status).toBe(409);
    catalog.meanwhile = () => catalog.files.set('catalog/algorithms/new.yaml', 'theirs');
    expect((await create(ENTRY)).status).toBe(409);
    expect(catalog.files.get('catalog/algorithms/new.yaml')).toBe('theirs');
  });

  it.each<[string, unknown, readonly string[]]>([
    ['nothing of it', {}, ['/algorithm_type', '/cpu', '/memory', '/name', '/source']],
    [
      'all at once',
      { ...ENTRY, cpu: 1000, license: 'GPL-3.0-only', owners: [], nonsense: 1 },
      ['/cpu', '/license', '/nonsense', '/owners'],
    ],
    ['a rule beside the schema', { ...ENTRY, parameters: { w: { type: 'int', default: 5, maximum: 4 } } }, ['/parameters/w/default']],
    ['no name of ours', { ...ENTRY, name: '../../etc/passwd' }, ['/name']],
    ['a reserved name', { ...ENTRY, name: 'cluster' }, ['/name']],
    ['a name that is none', { ...ENTRY, name: 5 }, ['/name']],
    ['a source that is not there', { ...ENTRY, image_uri: undefined, source: 'algorithms/new' }, ['/source']],
    ['a registry that is not allowed', { ...OLD, image_uri: 'evil.example/seg:v1' }, ['/image_uri']],
    ['an image that is not there', { ...OLD, image_uri: `${ACCOUNT_REGISTRY}/clinic/none:v1` }, ['/image_uri']],
    ['a tag that is not there', { ...OLD, image_uri: `${ACCOUNT_REGISTRY}/clinic/seg` }, ['/image_uri']],
    ['a digest that is not there', { ...OLD, image_uri: `${ACCOUNT_REGISTRY}/clinic/seg@sha256:${'b'.repeat(64)}` }, ['/image_uri']],
    ['a tag of another registry', { ...OLD, image_uri: 'ghcr.io/clinic/seg:v1' }, ['/image_uri']],
    ['an image that is no name', { ...OLD, image_uri: 'seg:v1' }, ['/image_uri']],
    ['an image and more', { ...OLD, cpu: 1, image_uri: 'evil.example/seg:v1' }, ['/cpu', '/image_uri']],
    ['half a character', { ...ENTRY, description: '\ud800' }, ['']],
    ['a list', [], ['']],
    ['text', '"new"', ['']],
    ['a number beyond all', `{"name": "new", "cpu": 1e999}`, ['/algorithm_type', '/cpu', '/memory', '/source']],
  ])('with %s is 422 at every field at fault, and changes nothing', async (_, body, at) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(pointers(answer.body)).toEqual(at);
    expect(catalog.changes).toEqual([]);
  });

  it.each([
    ['__proto__', '{"__proto__": {"a": 1}}', 400],
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['4,000 levels', `{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`, 422],
  ])('of %s is refused', async (_, body, status) => {
    expect((await create(body)).status).toBe(status);
  });
});

describe('a change', () => {
  it('is made to the file, whose comments and order stay', async () => {
    const { status, body, headers } = await change({
      cpu: 2048,
      memory: 4096,
      parameters: { width: { description: 'Its width.' } },
      version: '1.2.1',
    });
    expect([status, body.state, body.version, headers.location]).toEqual([202, 'written', '1.2.1', '/algorithms/seg']);
    const expected = SEG.replace('1.2.0', '1.2.1')
      .replace('cpu: 1024', 'cpu: 2048')
      .replace('2048\nparam', '4096\nparam')
      .replace('How wide.', 'Its width.');
    expect(catalog.files.get(FILE)).toBe(expected);
    expect(catalog.changes[0]).toMatchObject({ title: 'Change seg: version, cpu, memory, parameters' });
    expect(catalog.changes[0]?.files.map(({ path }) => path)).toEqual(['catalog/releases/seg/1.2.1.yaml', FILE]);
    expect(headers.etag).toBe(`"${blobHash(expected)}"`);
    expect(faults()).toEqual([]);
  });

  it('as a merge patch by its media type is the same', async () => {
    expect((await change({ timeout: 5 }, { 'content-type': 'application/merge-patch+json' })).status).toBe(202);
    expect((await send('POST', '/algorithms', ENTRY, { 'content-type': 'application/merge-patch+json' })).status).toBe(415);
  });

  it('of cpu alone is 422, and lists the memories that fit', async () => {
    const { status, body } = await change({ cpu: 4096 });
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer: '/memory', detail: expect.stringMatching(/one of 8192, 9216, .*, 30720, not 2048/) }]);
  });

  it.each<[string, object, string]>([
    ['removes a parameter', { parameters: { width: null } }, '2.0.0'],
    ['narrows one', { parameters: { width: { maximum: 9 } } }, '2.0.0'],
    ['adds one', { parameters: { height: { type: 'int', default: 1 } } }, '1.3.0'],
    ['says something else', { description: 'Finds little.' }, '1.2.1'],
  ])('that %s needs a version, which is named', async (_, patch, version) => {
    const { status, body } = await change(patch);
    expect([status, pointers(body)]).toEqual([422, ['/version']]);
    expect(body.errors[0].detail).toContain(`make the version ${version} or later`);
    expect((await change({ ...patch, version })).status).toBe(202);
  });

  it('that breaks callers under a minor version is 422 and names the major one', async () => {
    const { status, body } = await change({ version: '1.3.0', parameters: { width: null } });
    expect([status, pointers(body)]).toEqual([422, ['/version']]);
    expect(body.errors[0].detail).toContain('make it 2.0.0 or later');
  });

  it('of the image needs a version, and takes a tag', async () => {
    const image_uri = `${ACCOUNT_REGISTRY}/clinic/seg:v1`;
    expect(pointers((await change({ image_uri })).body)).toEqual(['/version']);
    expect((await change({ image_uri, version: '1.2.1' })).status).toBe(202);
    expect(catalog.files.get(FILE)).toContain(`image_uri: ${ACCOUNT_REGISTRY}/clinic/seg@${DIGEST} # built by its authors\n`);
    expect(pointers((await change({ image_uri: `${ACCOUNT_REGISTRY}/clinic/none:v1` })).body)).toContain('/image_uri');
  });

  it.each([{}, { cpu: 1024 }, { gpu: null }, { parameters: { width: { maximum: 10 } } }])(
    'that changes nothing, %j, is 200',
    async (patch) => {
      const { status, body, headers } = await change(patch);
      expect([status, body.state, headers.etag, headers.location]).toEqual([200, 'unchanged', `"${blobHash(SEG)}"`, undefined]);
      expect(catalog.changes).toEqual([]);
    },
  );

  it.each<[string, unknown, readonly string[]]>([
    ['another name', { name: 'other' }, ['/name']],
    ['unknown fields', { nonsense: { a: 1 }, cpu: 1 }, ['/cpu', '/nonsense']],
    ['what has to be there gone', { owners: null, license: null }, ['/license', '/owners']],
    ['a list', [{ op: 'add' }], ['']],
  ])('with %s is 422', async (_, patch, at) => {
    const { status, body } = await change(patch);
    expect([status, pointers(body)]).toEqual([422, at]);
  });

  it('that the text cannot take is 422 and says to edit by hand; a file that cannot be read is 409', async () => {
    catalog.files.set(FILE, SEG.replace('cpu: 1024', 'cpu: &n 1024').replace('license: MIT', 'timeout: *n\nlicense: MIT'));
    const { status, body } = await change({ cpu: null });
    expect([status, body.errors[0].detail]).toEqual([422, expect.stringContaining('edit it by hand')]);
    catalog.files.set(FILE, 'name: [');
    expect((await change({ cpu: 256 })).status).toBe(409);
  });

  it('is made on top of somebody else’s, unless it is for one file only', async () => {
    let times = 0;
    catalog.meanwhile = () => {
      if (times++ === 0) catalog.files.set(FILE, SEG.replace('memory: 2048', 'memory: 4096'));
    };
    expect((await change({ timeout: 5 })).status).toBe(202);
    expect(parse(catalog.files.get(FILE) ?? '')).toMatchObject({ memory: 4096, timeout: 5 });
    expect((await change({ timeout: 6 }, { 'if-match': `"${blobHash(SEG)}"` })).status).toBe(412);
    expect((await change({ timeout: 6 }, { 'if-match': `"x", "${blobHash(catalog.files.get(FILE) ?? '')}"` })).status).toBe(202);
    expect((await change({ timeout: 7 }, { 'if-match': '*' })).status).toBe(202);
    catalog.meanwhile = () => catalog.files.set(FILE, `${catalog.files.get(FILE)}# again\n`);
    expect((await change({ timeout: 8 })).status).toBe(409);
  });
});

describe('a removal', () => {
  it('takes the entry away, not what was released', async () => {
    const { status, body } = await send('DELETE', '/algorithms/seg');
    expect([status, body.state]).toEqual([202, 'written']);
    expect([...catalog.files.keys()].sort()).toEqual(['catalog/platforms/clinic.yaml', 'catalog/releases/seg/1.2.0.yaml']);
    expect(catalog.changes[0]?.title).toBe('Remove seg');
    expect((await send('DELETE', '/algorithms/seg')).status).toBe(404);
  });

  it('of what changed meanwhile is refused', async () => {
    expect((await send('DELETE', '/algorithms/seg', undefined, { 'if-match': '"x"' })).status).toBe(412);
    catalog.meanwhile = () => catalog.files.set(FILE, `${SEG}# new\n`);
    expect((await send('DELETE', '/algorithms/seg')).status).toBe(409);
    expect(catalog.files.has(FILE)).toBe(true);
  });
});

describe('what nobody may', () => {
  it.each<[Method, string]>([
    ['PATCH', '/algorithms/none'],
    ['DELETE', '/algorithms/none'],
    ['PATCH', '/algorithms/..%2f..%2fplatforms%2fclinic'],
    ['DELETE', '/algorithms/Seg'],
  ])('%s %s is 404', async (method, url) => {
    expect((await send(method, url, method === 'PATCH' ? {} : undefined)).status).toBe(404);
  });

  it.each<[Method, string]>([
    ['POST', '/algorithms'],
    ['PATCH', '/algorithms/seg'],
    ['DELETE', '/algorithms/seg'],
  ])('%s %s without the admin key is 401', async (method, url) => {
    const by = async (headers: Record<string, string>) => (await setup.app.inject({ method, url, headers })).statusCode;
    expect([await by({}), await by({ 'x-api-key': KEY }), await by({ 'x-admin-key': KEY })]).toEqual([401, 401, 401]);
    expect(catalog.changes).toEqual([]);
  });
});

describe('the runs of reconcile', () => {
  const ids = ['2024-01-01T00:00:00.000Z-aaaaaaaaaaaa', '2024-01-02T00:00:00.000Z-bbbbbbbbbbbb', '2024-01-03T00:00:00.000Z-cccccccccccc'];
  const record = (id: string) => ({ schema: 'run/1', state: 'done', started_at: id.slice(0, 24), commit: 'c', holder: 'ci', plan: {} });
  const ask = async (url: string, key = ADMIN_KEY) => {
    const answer = await setup.app.inject({ method: 'GET', url, headers: { 'x-admin-key': key } });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json() };
  };
  beforeEach(() => {
    for (const id of ids) setup.memory.records.set(id, JSON.stringify(record(id)));
  });

  it('are listed, the newest first, a page after the other', async () => {
    const first = await ask('/runs?limit=2');
    expect(first.body.runs.map(({ id }: { id: string }) => id)).toEqual([ids[2], ids[1]]);
    const second = await ask(`/runs?limit=2&cursor=${first.body.next}`);
    expect([second.body.runs.map(({ id }: { id: string }) => id), second.body.next]).toEqual([[ids[0]], undefined]);
  });

  it('are read one by one, as they were written', async () => {
    expect(await ask(`/runs/${ids[0]}`)).toEqual({ status: 200, type: 'application/json', body: record(ids[0] ?? '') });
    setup.memory.records.set(ids[1] ?? '', 'x'.repeat(5_000_001));
    expect((await ask(`/runs/${ids[1]}`)).status).toBe(409);
  });

  it.each([
    ['/runs/2024-01-01T00:00:00.000Z-dddddddddddd', 404],
    ['/runs/..%2fother', 404],
    ['/runs?cursor=x', 400],
    [`/runs?cursor=${Buffer.from('["../secret"]').toString('base64url')}`, 400],
    ['/runs?limit=101', 400],
  ])('%s is %d', async (url, status) => {
    expect((await ask(url)).status).toBe(status);
    expect((await ask(url, 'wrong')).status).toBe(401);
  });
});
