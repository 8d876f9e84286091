/** What a person sees after a chapter, as lines of plain text. */
import type { RepositoryDouble } from '../github/repository-double.ts';
import type { WorkflowRun } from './act.ts';
import { commentOf, type Scene } from './story-play.ts';

/** `catalog-pr: changes success, validate failure`, and with which roles. */
export function jobsSeen(workflow: string, { run, roles }: Scene): string[] {
  const jobs = Object.entries(run.jobs).map(([name, { result }]) => `${name} ${result}`);
  return [`${workflow}: ${jobs.join(', ')}`, ...roles.map((role) => `role taken on: ${role}`)];
}

/** `annotation, error: <file>:<line>:<column> <message>`. */
export function annotationsSeen({ annotations }: WorkflowRun): string[] {
  return annotations.map(({ level, file, line, column, message }) => {
    const place = file === undefined ? '' : `${file}:${line}:${column} `;
    return `annotation, ${level}: ${place}${message}`;
  });
}

/** The headings of the one comment, and whether it is the one that was there before. */
export function commentSeen({ repository, before }: Scene): string[] {
  const comment = commentOf(repository);
  if (!comment) return ['no comment'];
  const [count, is] = [repository.comments(1).length, comment.id === before?.id ? 'the same comment, rewritten' : 'a new comment'];
  return [`${is} (${count} in all)`, ...headingsOf(comment.body).map((heading) => `  ${heading}`)];
}

/** Without their marks. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#{2,3} (.*)$/gm)].map(([, heading = '']) => heading);
}

export function summarySeen(summary = ''): string[] {
  return headingsOf(summary).map((heading) => `summary: ${heading}`);
}

export function checksSeen(repository: RepositoryDouble, branch: string): string[] {
  const checks = repository.checks(repository.commit(branch) ?? '');
  return checks.map(({ name, conclusion, externalId }) => `check run ${name}: ${conclusion}, of the plan ${externalId}`);
}

/** Of the images that were pushed, as `build` gives them. */
export function imagesSeen(images = '[]'): string[] {
  const pushed: readonly { image: string; digest: string }[] = JSON.parse(images);
  return pushed.map(({ image, digest }) => `image pushed and attested: ${image}@${digest}`);
}

/** The last one. */
export function deploymentSeen(repository: RepositoryDouble): string[] {
  const statuses = repository.deployments('north').at(-1)?.statuses ?? [];
  return [`deployment to north: ${statuses.map(({ state }) => state).join(', then ')}: ${statuses.at(-1)?.description}`];
}

export function issuesSeen(repository: RepositoryDouble): string[] {
  return repository.issues.flatMap(({ number, state, title, labels }) => [
    `issue #${number}, ${state}, ${labels.join(', ')}: ${title}`,
    ...repository.comments(number).map(({ body }) => `  ${body.split('\n').at(-1)}`),
  ]);
}

export function pullRequestSeen(repository: RepositoryDouble): string[] {
  const opened = repository.pullRequests.at(-1);
  if (!opened) return [];
  const [sentence = ''] = (opened.body ?? '').split('\n');
  return [
    `pull request #${opened.number}, ${opened.state}, by ${opened.login}: ${opened.title}`,
    `  ${opened.head.ref} into ${opened.base.ref}`,
    ...(sentence ? [`  ${sentence}`] : []),
  ];
}
