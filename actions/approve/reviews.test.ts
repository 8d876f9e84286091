/** Which reviews count as the clinical owner's approval. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, lastWords, type Review, type Subject } from './reviews.ts';

const HEAD = 'a'.repeat(40);
const BEFORE = 'b'.repeat(40);
const IDS: Readonly<Record<string, number>> = { alice: 1, clinician: 2, Clinician: 2, member: 3, invited: 4, stranger: 5 };
const TEAM: Subject['teams'] = { has: async (team, login) => team === 'octo/clinic' && login === 'member' };

type Given = readonly [login: string | null, state: string, commit?: string];

const reviewsOf = (given: readonly Given[]): readonly Review[] =>
  given.map(([login, state, commit_id = HEAD], index) => ({
    id: index + 1,
    state,
    commit_id,
    user: login === null ? null : { login, id: IDS[login] ?? 0 },
  }));

const judged = (owner: string | null, given: readonly Given[], about: Partial<Subject> = {}) =>
  judge(
    { algorithm: 'seg', owner, reasons: ['Dice is 0.9'] },
    { commit: HEAD, author: { id: 1, login: 'alice' }, reviews: reviewsOf(given), teams: TEAM, ...about },
  );

describe('approves', () => {
  it.each<[string, string, readonly Given[], string]>([
    ['the owner', '@clinician', [['clinician', 'APPROVED']], 'clinician'],
    ['the owner, however his name is written', '@clinician', [['Clinician', 'APPROVED']], 'Clinician'],
    [
      'the owner, who also comments later',
      '@clinician',
      [
        ['clinician', 'APPROVED'],
        ['clinician', 'COMMENTED'],
      ],
      'clinician',
    ],
    [
      'the owner, at the second try',
      '@clinician',
      [
        ['clinician', 'DISMISSED'],
        ['clinician', 'CHANGES_REQUESTED'],
        ['clinician', 'APPROVED'],
      ],
      'clinician',
    ],
    [
      'the owner again, after a new commit',
      '@clinician',
      [
        ['clinician', 'APPROVED', BEFORE],
        ['clinician', 'APPROVED'],
      ],
      'clinician',
    ],
    [
      'a member of the team',
      '@octo/clinic',
      [
        ['stranger', 'APPROVED'],
        ['member', 'APPROVED'],
      ],
      'member',
    ],
  ])('%s', async (_, owner, given, by) => {
    expect(await judged(owner, given)).toMatchObject({ approved_by: by, missing: '' });
  });
});

describe('does not approve', () => {
  it.each<[string, string | null, readonly Given[], RegExp]>([
    ['nobody', '@clinician', [], /^@clinician has not approved aaaaaaaaaaaa$/],
    ['somebody else', '@clinician', [['stranger', 'APPROVED']], /has not approved/],
    ['who was deleted', '@clinician', [[null, 'APPROVED']], /has not approved/],
    ['who only comments', '@clinician', [['clinician', 'COMMENTED']], /has not approved/],
    ['whose review is a draft', '@clinician', [['clinician', 'PENDING']], /has not approved/],
    [
      'who approved the commit before',
      '@clinician',
      [['clinician', 'APPROVED', BEFORE]],
      /^@clinician approved bbbbbbbbbbbb, and not aaaaaaaaaaaa$/,
    ],
    [
      'who asks for changes afterwards',
      '@clinician',
      [
        ['clinician', 'APPROVED'],
        ['clinician', 'CHANGES_REQUESTED'],
      ],
      /has not approved/,
    ],
    [
      'who asks for changes of a commit before, afterwards',
      '@clinician',
      [
        ['clinician', 'APPROVED'],
        ['clinician', 'CHANGES_REQUESTED', BEFORE],
      ],
      /has not/,
    ],
    ['whose review was dismissed', '@clinician', [['clinician', 'DISMISSED']], /has not approved/],
    [
      'an approval before one that was dismissed',
      '@clinician',
      [
        ['clinician', 'APPROVED'],
        ['clinician', 'DISMISSED'],
      ],
      /has not approved/,
    ],
    ['the author', '@alice', [['alice', 'APPROVED']], /^@alice opened this pull request and cannot approve it/],
    ['the author, as a member of the team', '@octo/clinic', [['alice', 'APPROVED']], /^no active member of @octo\/clinic has approved$/],
    ['who is only invited to the team', '@octo/clinic', [['invited', 'APPROVED']], /^no active member/],
    ['who is of another team', '@octo/other', [['member', 'APPROVED']], /^no active member/],
    ['anybody, where nobody owns it', null, [['clinician', 'APPROVED']], /^the entry names nobody; give it a clinical_owner$/],
  ])('%s', async (_, owner, given, missing) => {
    expect(await judged(owner, given)).toMatchObject({ approved_by: null, missing: expect.stringMatching(missing) });
  });

  it('a member of a team that nobody can read: it is said why', async () => {
    const teams = { has: async () => 'who is in @octo/clinic cannot be read' };
    expect(await judged('@octo/clinic', [['member', 'APPROVED']], { teams })).toMatchObject({
      approved_by: null,
      missing: 'who is in @octo/clinic cannot be read',
    });
  });
});

it('only the last word of a person counts, whoever else says what and in whatever order the list is', () => {
  const review = fc.record({
    user: fc.constantFrom('clinician', 'member', 'stranger').map((login) => ({ login, id: IDS[login] ?? 0 })),
    state: fc.constantFrom('APPROVED', 'CHANGES_REQUESTED', 'DISMISSED', 'COMMENTED', 'PENDING'),
    commit_id: fc.constantFrom(HEAD, BEFORE),
  });
  fc.assert(
    fc.property(fc.array(review), fc.infiniteStream(fc.nat()), (all, order) => {
      const numbered = all.map((own, index) => ({ ...own, id: index + 1 }));
      const shuffled = numbered.map((own) => ({ own, at: order.next().value })).sort((a, b) => a.at - b.at);
      const said = new Map(lastWords(shuffled.map(({ own }) => own)).map(({ user, id }) => [user.login, id]));
      for (const login of ['clinician', 'member', 'stranger']) {
        const last = numbered.findLast(({ user, state }) => user.login === login && state !== 'COMMENTED' && state !== 'PENDING');
        expect(said.get(login)).toBe(last?.id);
      }
    }),
  );
});
