/** Whose reviews stand: what counts as an approval. Pure, but for the question who belongs to a team. */
import type { JudgedNeed } from '../shared/clinical-check.ts';
import type { Need } from '../shared/needs.ts';

/** A review as GitHub lists it. */
export interface Review {
  readonly id: number;
  readonly user: { readonly id: number; readonly login: string } | null;
  readonly state: string;
  readonly commit_id: string | null;
}

export interface Subject {
  /** The commit that was measured. */
  readonly commit: string;
  readonly author: { readonly id: number; readonly login: string };
  readonly reviews: readonly Review[];
  readonly teams: Teams;
}

/** Answers whether somebody is an active member of a team; or why nobody can know, as a sentence. */
export interface Teams {
  has(team: string, login: string): Promise<boolean | string>;
}

/** A comment takes no approval away, as GitHub sees it too; a draft is not there yet. */
const DECIDES = new Set(['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED']);

/** Each person's last word, in the order of the reviews. GitHub numbers reviews as they are begun. */
export function lastWords(reviews: readonly Review[]): readonly (Review & { readonly user: NonNullable<Review['user']> })[] {
  const words = new Map<number, Review & { readonly user: NonNullable<Review['user']> }>();
  for (const { user, ...review } of reviews.toSorted((a, b) => a.id - b.id))
    if (user && DECIDES.has(review.state)) words.set(user.id, { ...review, user });
  return [...words.values()];
}

export async function judge(need: Need, subject: Subject): Promise<JudgedNeed> {
  const { algorithm, owner, reasons } = need;
  const { by, missing } = owner === null ? { by: null, missing: NO_OWNER } : await approvalOf(owner, subject);
  return { algorithm, owner, reasons, approved_by: by, missing };
}

const NO_OWNER = 'the entry names nobody; give it a clinical_owner';

interface Found {
  readonly by: string | null;
  readonly missing: string;
}

async function approvalOf(owner: string, { commit, author, reviews, teams }: Subject): Promise<Found> {
  const given = lastWords(reviews).filter(({ state }) => state === 'APPROVED');
  const standing = given.filter(({ commit_id, user }) => commit_id === commit && user.id !== author.id);
  const login = owner.slice(1);
  if (login.includes('/')) return approvalByTeam(login, standing, teams);
  const isOwner = (other: string) => other.toLowerCase() === login.toLowerCase();
  const found = standing.find(({ user }) => isOwner(user.login));
  if (found) return { by: found.user.login, missing: '' };
  if (isOwner(author.login))
    return { by: null, missing: `${owner} opened this pull request and cannot approve it; somebody else has to open it` };
  const earlier = given.find(({ user, commit_id }) => isOwner(user.login) && commit_id !== commit);
  const missing = earlier
    ? `${owner} approved ${earlier.commit_id?.slice(0, 12)}, and not ${commit.slice(0, 12)}`
    : `${owner} has not approved ${commit.slice(0, 12)}`;
  return { by: null, missing };
}

async function approvalByTeam(team: string, standing: ReturnType<typeof lastWords>, teams: Teams): Promise<Found> {
  for (const { user } of standing) {
    const isMember = await teams.has(team, user.login);
    if (typeof isMember === 'string') return { by: null, missing: isMember };
    if (isMember) return { by: user.login, missing: '' };
  }
  return { by: null, missing: `no active member of @${team} has approved` };
}
