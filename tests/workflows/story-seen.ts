/** What a person sees after a chapter, as lines of plain text. */
import { load } from 'cheerio';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
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

function rendered(markdown: string) {
  return load(micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }));
}

function headingsOf(markdown: string): string[] {
  const page = rendered(markdown);
  return page('h2, h3')
    .toArray()
    .map((heading) => page(heading).text());
}

/** The rows of the folded tables: which field of which resource, from, to, because of which line. */
function fieldsOf(markdown: string): string[] {
  const page = rendered(markdown);
  const rows = page('details tbody tr').toArray();
  return rows.map((row) => {
    const cells = page(row).find('td').toArray();
    const [, resource, field, from, to] = cells.map((cell) => page(cell).text());
    return `  ${resource} ${field}: ${from} instead of ${to}`;
  });
}

function paragraphOf(markdown = ''): string {
  return rendered(markdown)('p').first().text();
}

export function summarySeen(summary = ''): string[] {
  return headingsOf(summary).map((heading) => `summary: ${heading}`);
}

export function checksSeen(repository: RepositoryDouble, branch: string): string[] {
  const checks = repository.checks(repository.commit(branch) ?? '');
  return checks.map(({ name, conclusion, externalId, title }) =>
    name.startsWith('mip plan')
      ? `check run ${name}: ${conclusion}, of the plan ${externalId}`
      : `check run ${name}: ${conclusion}, ${title}`,
  );
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
  return repository.issues.flatMap(({ number, state, title, labels, body }) => [
    `issue #${number}, ${state}, ${labels.join(', ')}: ${title}`,
    ...(state === 'open' ? fieldsOf(body ?? '') : []),
    ...repository.comments(number).map((comment) => `  comment: ${paragraphOf(comment.body)}`),
  ]);
}

export function pullRequestSeen(repository: RepositoryDouble): string[] {
  const opened = repository.pullRequests.at(-1);
  if (!opened) return [];
  const sentence = paragraphOf(opened.body ?? '');
  return [
    `pull request #${opened.number}, ${opened.state}, by ${opened.login}: ${opened.title}`,
    `  ${opened.head.ref} into ${opened.base.ref}`,
    ...(sentence ? [`  ${sentence}`] : []),
  ];
}
