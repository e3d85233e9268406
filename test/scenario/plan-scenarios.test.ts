/**
 * Scenario folders: the fleet directory `fleet/` and `snapshot.json` in, `plan.json`, `plan.txt` and `plan.md` out. `npm run golden` writes the outputs anew; the difference is reviewed like code.
 */
import { plainPaint } from '../../src/report/paint.ts';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatPlan } from '../../src/apps/cli/fleet/plan-output.ts';
import { desiredDigest, targetDigest } from '../../src/desired/digests.ts';
import { experimentalFindings } from '../../src/desired/experimental.ts';
import { parseDesired } from '../../src/desired/parse.ts';
import { parseSnapshot } from '../../src/observe/snapshot.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { wholeFleet } from '../../src/plan/plan-inputs.ts';
import { plan } from '../../src/plan/plan.ts';

const here = import.meta.dirname;
const update = process.env['THEMIS_UPDATE_GOLDEN'] === '1';
const scenarios = readdirSync(here).filter((name) => existsSync(join(here, name, 'snapshot.json')));

function read(scenario: string, file: string): string {
  return readFileSync(join(here, scenario, file), 'utf8');
}

function planOf(scenario: string) {
  const files = readdirSync(join(here, scenario, 'fleet')).map((file) => ({
    path: file,
    text: read(scenario, join('fleet', file)),
  }));
  const { desired, findings } = parseDesired(files);
  if (desired === undefined) throw new Error(findings[0]!.summary);
  const parsed = parseSnapshot(read(scenario, 'snapshot.json'));
  if ('findings' in parsed) throw new Error(parsed.findings[0]!.summary);
  const { observed, catalogue, record, takenAt } = parsed.snapshot;
  return plan({
    desired,
    catalogue,
    observed,
    record,
    at: takenAt,
    anchored: false,
    scope: wholeFleet,
    source: { repository: null, revision: '0123456789abcdef0123456789abcdef01234567', dirty: false, signer: null },
    themisVersion: '0.1.0',
    digests: { desiredDigest: desiredDigest(desired), targetDigest: targetDigest(desired) },
    extraFindings: experimentalFindings(desired),
  });
}

test('there are scenarios', () => {
  expect(scenarios.length).toBeGreaterThan(3);
});

describe.each(scenarios)('%s', (scenario) => {
  const made = planOf(scenario);

  test.each([
    ['plan.json', 'json'],
    ['plan.txt', 'text'],
    ['plan.md', 'markdown'],
  ] as const)('%s is as reviewed', (file, format) => {
    const text = formatPlan(made, format, plainPaint);
    if (update) writeFileSync(join(here, scenario, file), text);
    expect(text).toBe(read(scenario, file));
  });

  test('the golden plan can be read back', () => {
    expect(parsePlan(read(scenario, 'plan.json'))).toEqual({ plan: made });
  });
});
