import { expect, it } from 'vitest';
import { logLine, logUrl } from './logs.ts';

const place = { region: 'eu-central-1', facts: { log_group: '/ecs/mip-algorithms' } };

it('a link opens the log group at the streams of the algorithm', () => {
  // As the console's own address bar shows it.
  expect(logUrl(place, 'window-level')).toBe(
    'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/$252Fecs$252Fmip-algorithms$3FlogStreamNameFilter$3Dwindow-level',
  );
});

it('there are at most twenty links', () => {
  const many = Array.from({ length: 25 }, (_, at) => `seg-${at}`);
  expect(logLine(place, many).match(/\]\(https/g)).toHaveLength(20);
  expect(logLine(place, many)).toMatch(/ and 5 more\.$/);
  expect(logLine(place, [])).toBe('');
});
