/** Tells what came of the cases: a page with pictures, the job's summary, and a section of the pull request's comment. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { info } from '@actions/core';
import { printableJson } from '@mip/catalog/printable';
import { type Conformance, conformanceAsJson, htmlReport, markdownSection } from '@mip/conformance';
import { writeSection } from '../shared/comment.ts';
import { LONGEST_SECTION } from '../shared/comment-body.ts';
import { connect } from '../shared/github.ts';
import { withoutRights } from '../shared/pull-request.ts';
import { summarise } from '../shared/summary.ts';
import type { BuildRequest } from './build.ts';

/** @returns the path of the page; `''` where no case had to run. */
export async function tell(all: readonly Conformance[], request: BuildRequest): Promise<string> {
  const { place, platform, pullRequest, push, token } = request;
  const page = all.length > 0 ? writePage(all, request.report) : '';
  const report = page ? { report: `${place.runUrl}#artifacts` } : {};
  await summarise(markdownSection(all, report));
  if (push || pullRequest === undefined) return page;
  if (withoutRights(place)) {
    info('A pull request from a fork gets no token that writes: the results are in the summary of the job.');
    return page;
  }
  const thread = { repository: place.repository, pullRequest, platform };
  await writeSection(connect(token), thread, 'conformance', {
    markdown: markdownSection(all, { ...report, longest: LONGEST_SECTION.conformance }),
  });
  return page;
}

function writePage(all: readonly Conformance[], folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'report.html'),
    htmlReport(all, (path) => readFileSync(path)),
  );
  writeFileSync(join(folder, 'conformance.json'), `${printableJson(all.map(conformanceAsJson), 2)}\n`);
  return join(folder, 'report.html');
}
