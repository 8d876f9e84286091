/** Overrides of rules, from the request to the message that a worker gets. */
import { compileSchema } from '@mip/catalog';
import { requestDigest } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Look } from './look/look.ts';
import { overridingRole } from './overrides.ts';
import { ENTRY, get, JOB, KEY, OTHER_KEY, post, QUEUE, REQUEST, type Setup, setUp } from './testing/requests.ts';

const REASON = 'CANARY-REASON: no original series is left';
const RULES = [
  { tag: 'ImageType', equals: 'ORIGINAL', severity: 'reject', description: 'Reformatted series have other noise.' },
  { tag: '00180050', range: { maximum: 5, unit: 'mm' }, severity: 'reject' },
  { tag: 'Rows', range: { maximum: 512, unit: '1' }, severity: 'reject' },
  { tag: 'KVP', present: true, severity: 'warn' },
  { fact: 'slices', range: { maximum: 5, unit: '1' }, severity: 'reject' },
] as const;
const ASKED = 'ImageType has to be ORIGINAL: Reformatted series have other noise.';
const DERIVED = {
  '00080008': { vr: 'CS', Value: ['DERIVED', 'SECONDARY'] },
  '00080060': { vr: 'CS', Value: ['CT'] },
  '00180050': { vr: 'DS', Value: [1] },
  '00180060': { vr: 'DS', Value: [120] },
  '00280010': { vr: 'US', Value: [4] },
};
const override = (tag: string, reason = REASON) => ({ tag, reason });
const BODY = { ...REQUEST, overrides: [override('ImageType')] };

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
  memory.addClient(KEY, 'clinic-a', { roles: ['reader', 'physicist', 'radiologist'] });
  memory.rows.set('window-level', { ...ENTRY, input: { ...ENTRY.input, modalities: ['CT'], rules: [...RULES] } });
  shows(DERIVED);
});

function shows(instance: object): void {
  memory.answer = () => ({ kind: 'found', instance, instances: 1 }) as Look;
}

const record = () => memory.record(JOB);

describe('the role by which a client overrides', () => {
  it.each([
    [['radiologist'], ['radiologist'], 'radiologist'],
    [['physicist', 'radiologist'], ['radiologist', 'physicist'], 'radiologist'],
    [['reader'], ['radiologist'], undefined],
    [['Radiologist'], ['radiologist'], undefined],
    [undefined, ['radiologist'], undefined],
    [['radiologist'], [], undefined],
  ])('%j, where the platform allows %j: %s', (roles, allowed, role) => {
    expect(overridingRole(roles ? { roles } : {}, allowed)).toBe(role);
  });
});

describe('a job whose images a rule refuses', () => {
  it('is taken for a client with the role, and its record, its view and its message say so', async () => {
    const refused = await post(app, REQUEST);
    expect([refused.statusCode, refused.json().errors]).toEqual([
      422,
      [
        {
          pointer: '/pacs/instance_uid',
          detail: `is not taken: ${ASKED}; your role lets you override it: name ImageType in overrides, with a reason`,
        },
      ],
    ]);
    const answer = await post(app, BODY);
    expect(answer.statusCode).toBe(202);
    const overrides = [{ tag: 'ImageType', reason: REASON, role: 'radiologist' }];
    const admission = { state: 'checked', warnings: [`overridden by the role radiologist: ${ASKED}`], overrides };
    expect(answer.json().admission).toEqual(admission);
    expect((await get(app, '/jobs/job-1')).json().admission).toEqual(admission);
    expect(record()?.admission).toEqual(admission);
    const [message] = memory.queues.get(QUEUE) ?? [];
    expect(message?.overrides).toEqual(overrides);
    expect(compileSchema('job-message')(message).faults).toEqual([]);
    expect(compileSchema('job-record')(record()).faults).toEqual([]);
  });

  it('hears nothing of overrides where its client has no such role', async () => {
    memory.addClient(KEY, 'clinic-a', { roles: ['reader'] });
    expect((await post(app, REQUEST)).json().errors).toEqual([{ pointer: '/pacs/instance_uid', detail: `is not taken: ${ASKED}` }]);
  });

  it('is refused all the same for what is not overridden, and for what nobody can override', async () => {
    shows({ ...DERIVED, '00180050': { vr: 'DS', Value: [8] }, '00280010': { vr: 'US', Value: [1024] } });
    const answer = await post(app, BODY);
    expect(answer.json().errors.map(({ detail }: { detail: string }) => detail)).toEqual([
      'is not taken: 00180050 has to be at most 5 mm; your role lets you override it: name 00180050 in overrides, with a reason',
      'is not taken: Rows has to be at most 512',
    ]);
    expect(memory.jobCount).toBe(0);
  });

  it('is taken where nobody could look: its worker gets the overrides, and the record says that they may come to bear', async () => {
    memory.answer = () => ({ kind: 'unknown', why: 'down' });
    expect((await post(app, BODY)).statusCode).toBe(202);
    const warnings = [`overridden by the role radiologist, should it fail: ${ASKED}`];
    expect(record()?.admission).toMatchObject({ state: 'deferred', warnings });
    expect(memory.queues.get(QUEUE)?.[0]?.overrides).toHaveLength(1);
  });
});

describe('overrides', () => {
  it.each([
    ['no role at all', OTHER_KEY],
    ['a role that the platform does not name', KEY],
  ])('of a client with %s are a 403, whatever else is wrong', async (_what, key) => {
    memory.addClient(KEY, 'clinic-a', { roles: ['reader'] });
    for (const body of [BODY, { ...BODY, overrides: [] }, { ...BODY, overrides: 'all' }, { ...BODY, job_id: '' }]) {
      const answer = await post(app, body, { headers: { 'x-api-key': key } });
      expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([403, '/overrides']);
    }
    expect(memory.jobCount).toBe(0);
  });

  it.each<[string, unknown, string]>([
    ['of no rule', [override('PatientName')], '/overrides/0/tag'],
    ['of a rule by another spelling', [override('00080008')], '/overrides/0/tag'],
    ['of a rule that only warns', [override('ImageType'), override('KVP')], '/overrides/1/tag'],
    ['of a fact', [override('slices')], '/overrides/0/tag'],
    ['of the modalities', [override('Modality')], '/overrides/0/tag'],
    ['of the size', [override('Rows')], '/overrides/0/tag'],
    ['of one rule twice', [override('ImageType'), override('ImageType', 'other')], '/overrides/1/tag'],
    ['without a reason', [{ tag: 'ImageType' }], '/overrides/0/reason'],
    ['with an empty reason', [override('ImageType', '')], '/overrides/0/reason'],
    ['with a blank reason', [override('ImageType', ' ')], '/overrides/0/reason'],
    ['with a reason of two lines', [override('ImageType', 'a\nb')], '/overrides/0/reason'],
    ['with a reason of 201 characters', [override('ImageType', 'x'.repeat(201))], '/overrides/0/reason'],
    ['with half a character for a reason', [override('ImageType', 'x\ud800')], '/overrides/0/reason'],
    ['with a role of its own', [{ ...override('ImageType'), role: 'chief' }], '/overrides/0/role'],
    ['that are none', [], '/overrides'],
    ['17 of them', Array.from({ length: 17 }, () => override('ImageType')), '/overrides'],
  ])('%s are a 422', async (_what, overrides, pointer) => {
    const answer = await post(app, { ...REQUEST, overrides });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors.map((one: { pointer: string }) => one.pointer)).toContain(pointer);
    expect(answer.body).not.toContain('CANARY');
    expect(memory.jobCount).toBe(0);
  });

  it('take a reason of 200 characters of any script', async () => {
    expect((await post(app, { ...REQUEST, overrides: [override('ImageType', '𝔬'.repeat(200))] })).statusCode).toBe(202);
  });

  it('are part of the request: the same again is the same job, others are a 409', async () => {
    expect((await post(app, BODY)).statusCode).toBe(202);
    expect((await post(app, BODY)).statusCode).toBe(202);
    expect((await post(app, { ...BODY, overrides: [override('ImageType', 'other')] })).statusCode).toBe(409);
    shows({ ...DERIVED, '00080008': { vr: 'CS', Value: ['ORIGINAL'] } });
    expect((await post(app, REQUEST)).statusCode).toBe(409);
    expect(memory.jobCount).toBe(1);
  });

  it('that a request does not have leave its digest as it always was', async () => {
    shows({ ...DERIVED, '00080008': { vr: 'CS', Value: ['ORIGINAL'] } });
    await post(app, REQUEST);
    const { pacs, parameters } = REQUEST;
    expect(record()?.request_digest).toBe(requestDigest({ algorithm: 'window-level', pacs, parameters, purpose: 'clinical' }));
    expect(record()?.admission).not.toHaveProperty('overrides');
    expect(memory.queues.get(QUEUE)?.[0]).not.toHaveProperty('overrides');
  });

  it('leave no word of a reason in the log or in an event, whatever goes wrong', async () => {
    const echo = Object.assign(new Error(REASON), { name: 'ValidationException', input: BODY });
    for (const failing of ['registry.get', 'jobs.accept', 'requests.send', 'jobs.markQueued', 'events.send', '']) {
      memory.fail = (name) => (name === failing ? echo : undefined);
      for (const overrides of [BODY.overrides, [override('Rows')], [override(REASON)], REASON])
        await post(app, { ...BODY, job_id: `job-${failing.replace('.', '-')}`, overrides });
    }
    expect(lines.length).toBeGreaterThan(20);
    expect(memory.told.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain('CANARY');
    expect(JSON.stringify(memory.told)).not.toContain('CANARY');
  });
});
