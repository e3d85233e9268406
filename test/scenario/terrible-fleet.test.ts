import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDesired } from '../../src/desired/parse.ts';
import { findingsSummary, findingsText } from '../../src/report/findings.ts';
import { plainPaint } from '../../src/report/paint.ts';

const directory = fileURLToPath(new URL('terrible-fleet', import.meta.url));
const golden = join(directory, 'findings.txt');

test('everything that is wrong with a terrible fleet is told at once', () => {
  const files = readdirSync(directory)
    .filter((path) => path.endsWith('.yaml'))
    .map((path) => ({ path, text: readFileSync(join(directory, path), 'utf8') }));
  const { findings } = parseDesired(files);
  const text = `${findingsText(findings, plainPaint)}${findingsSummary(findings, files.length)}\n`;
  if (process.env['THEMIS_UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
  expect(text).not.toMatch(/hunter22|correct horse|XXXXXXXX/u);
});
