import { expect, test } from 'vitest';
import type { Finding } from '../../../src/kernel/finding.ts';
import { exchangeText } from '../../../src/report/findings-exchange.ts';

const findings: readonly Finding[] = [
  {
    severity: 'error',
    code: 'THM1205',
    summary: 'A second node, "<a>", 100 % & more.',
    fix: 'Rename it.',
    source: { file: 'a b/fleet.yaml', line: 12, col: 13, length: 6 },
    related: [{ source: { file: 'fleet.yaml', line: 9, col: 13 }, note: 'the first one' }],
  },
  { severity: 'warning', code: 'THM1201', summary: 'No place.' },
];
const context = { themisVersion: '1.2.3', fallbackFile: 'fleet.yaml', files: 2 };

test('json holds the findings whole', () => {
  expect(JSON.parse(exchangeText('json', findings, context))).toEqual({
    formatVersion: '1.0',
    themisVersion: '1.2.3',
    valid: false,
    summary: { files: 2, error: 1, warning: 1, info: 0 },
    findings,
  });
});

test('github gets one escaped command for each finding', () => {
  expect(exchangeText('github', findings, context)).toBe(
    '::error file=a b/fleet.yaml,line=12,col=13,endColumn=19,title=THM1205::A second node, "<a>", 100 %25 & more. Rename it.\n' +
      '::warning file=fleet.yaml,line=1,col=1,title=THM1201::No place.\n',
  );
});

test('the fingerprint of gitlab stays when lines above are added', () => {
  const read = (list: readonly Finding[]) =>
    JSON.parse(exchangeText('gitlab', list, context)) as { fingerprint: string; severity: string }[];
  const moved = findings.map((finding) =>
    finding.source === undefined ? finding : { ...finding, source: { ...finding.source, line: 20 } },
  );
  expect(read(findings).map(({ fingerprint }) => fingerprint)).toEqual(
    read(moved).map(({ fingerprint }) => fingerprint),
  );
  expect(read(findings).map(({ severity }) => severity)).toEqual(['major', 'minor']);
});

test('sarif names rules, places and related places', () => {
  const log = JSON.parse(exchangeText('sarif', findings, context)) as {
    version: string;
    runs: { tool: { driver: { rules: unknown[] } }; results: Record<string, unknown>[] }[];
  };
  expect([log.version, log.runs[0]?.tool.driver.rules]).toEqual(['2.1.0', [{ id: 'THM1201' }, { id: 'THM1205' }]]);
  expect(log.runs[0]?.results[0]).toMatchObject({
    ruleId: 'THM1205',
    ruleIndex: 1,
    level: 'error',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'a%20b/fleet.yaml' },
          region: { startLine: 12, startColumn: 13, endColumn: 19 },
        },
      },
    ],
    relatedLocations: [{ message: { text: 'the first one' } }],
  });
});

test('junit fails a case for each error, and passes one when nothing is found', () => {
  const text = exchangeText('junit', findings, context);
  expect(text).toContain('tests="2" failures="1"');
  expect(text).toContain('message="A second node, &quot;&lt;a&gt;&quot;, 100 % &amp; more. Rename it."');
  expect(exchangeText('junit', [], context)).toContain('tests="1" failures="0"');
});
