/** Who belongs to a team. No scope of a workflow's own token reads that, so it takes another one. */
import { connect, type GitHub, GitHubFailure } from '../shared/github.ts';
import type { Teams } from './reviews.ts';

/** @param token reads members of the organisation (`read:org`); '' where there is none. */
export function teamsBy(token: string): Teams {
  if (token === '')
    return {
      has: async (team) =>
        `who is in @${team} cannot be read: give the step the input team-token, a token that reads members of the organisation`,
    };
  const github = connect(token);
  return { has: (team, login) => isMember(github, team, login) };
}

async function isMember(github: GitHub, team: string, username: string): Promise<boolean | string> {
  const [org = '', team_slug = ''] = team.split('/');
  try {
    const { data } = await github.rest.teams.getMembershipForUserInOrg({ org, team_slug, username });
    return data.state === 'active'; // an invitation that was not accepted is none
  } catch (error) {
    if (!(error instanceof GitHubFailure)) throw error;
    if (error.status === 404) return false; // also where the token does not see the team
    if (error.status === 401 || error.status === 403)
      return `the input team-token may not read who is in @${team}: it has to read members of ${org}`;
    throw error;
  }
}
