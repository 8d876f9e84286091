import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getInput, setOutput } from '@actions/core';
import { choiceInput, Failure, folderInput, numberInput, placeOf, runAction } from '../shared/action.ts';
import { findPython, toolsAbove } from '../shared/python.ts';
import { build } from './build.ts';
import { outcomeOf } from './outcome.ts';

runAction(async () => {
  const { PATH = '', LD_LIBRARY_PATH = '' } = process.env;
  const workspace = process.env.GITHUB_WORKSPACE ?? process.cwd();
  const root = folderInput('path', workspace);
  const tools = toolsAbove(dirname(process.argv[1] ?? ''));
  const temporary = await mkdtemp(join(process.env.RUNNER_TEMP ?? tmpdir(), 'mip-build-'));
  try {
    const built = await build({
      place: placeOf(),
      root,
      platform: getInput('platform', { required: true }),
      base: getInput('base'),
      push: choiceInput('push', ['true', 'false']) === 'true',
      engine: choiceInput('engine', ['docker', 'podman']),
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      baseImage: getInput('base-image'),
      report: folderInput('report', workspace),
      pullRequest: numberInput('pull-request'),
      token: getInput('github-token'),
      tools,
      python: () => findPython({ root, tools, temporary, environment: { PATH, LD_LIBRARY_PATH, LANG: 'C.UTF-8' } }),
      temporary,
      endpoint: process.env.AWS_ENDPOINT_URL || undefined,
    });
    for (const [name, value] of Object.entries(outcomeOf(built))) setOutput(name, value);
    if (built.failures.length > 0) throw new Failure(built.failures.join('\n'));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
