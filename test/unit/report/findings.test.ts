import { Chalk } from 'chalk';
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/kernel/finding.ts';
import { findingsSummary, findingsText } from '../../../src/report/findings.ts';
import { plainPaint } from '../../../src/report/paint.ts';

const error: Finding = {
  severity: 'error',
  code: 'THM1205',
  summary: 'A second node is named "node-a".',
  fix: 'Rename or remove one of the two.',
  source: { file: 'fleet.yaml', line: 12, col: 13, length: 6 },
  frame: '  11 | a\n> 12 | b\n     | ^^^^^^',
  related: [{ source: { file: 'fleet.yaml', line: 9, col: 13 }, note: 'the first one' }],
};
const note: Finding = { severity: 'info', code: 'THM1201', summary: 'There is no Fleet here.' };

test('a finding is its place, what is wrong, where, and the fix', () => {
  expect(findingsText([error], plainPaint)).toBe(
    [
      'fleet.yaml:12:13 error THM1205',
      '  A second node is named "node-a".',
      '',
      '    11 | a',
      '  > 12 | b',
      '       | ^^^^^^',
      '',
      '  fleet.yaml:9:13 the first one',
      '  Fix: Rename or remove one of the two.',
      '',
      '',
    ].join('\n'),
  );
});

test('a finding without a place is two lines, and comes last', () => {
  expect(findingsText([note, error], plainPaint).endsWith('\n\ninfo THM1201\n  There is no Fleet here.\n\n')).toBe(
    true,
  );
});

test('colour changes no letter', () => {
  const coloured = findingsText([error, note], new Chalk({ level: 1 }));
  expect(coloured).toContain('\u001b[31m');
  // oxlint-disable-next-line no-control-regex -- they are what this line is about
  expect(coloured.replaceAll(/\u001b\[\d+m/gu, '')).toBe(findingsText([error, note], plainPaint));
});

test('the summary counts', () => {
  expect(findingsSummary([], 12)).toBe('12 files checked, nothing found.');
  expect(findingsSummary([error, error, note], 1)).toBe('1 file checked: 2 errors and 1 note.');
  expect(findingsSummary([error, { ...note, severity: 'warning' }, note], 3)).toBe(
    '3 files checked: 1 error, 1 warning and 1 note.',
  );
});
