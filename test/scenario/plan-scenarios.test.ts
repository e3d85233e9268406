/**
 * Scenario folders: `desired.json` (normalised desired state) and `snapshot.json` in, `plan.json`, `plan.txt` and
 * `plan.md` out. `npm run golden` writes the outputs anew; the difference is reviewed like code.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatPlan } from '../../src/apps/cli/plan-output.ts';
import { digestJson } from '../../src/kernel/digest.ts';
import type { Desired } from '../../src/model/desired.ts';
import { parseSnapshot } from '../../src/observe/snapshot.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { wholeFleet } from '../../src/plan/plan-inputs.ts';
import { plan } from '../../src/plan/plan.ts';

const here = import.meta.dirname;
const update = process.env['THEMIS_UPDATE_GOLDEN'] === '1';
const scenarios = readdirSync(here).filter((name) => existsSync(join(here, name, 'desired.json')));

function read(scenario: string, file: string): string {
  return readFileSync(join(here, scenario, file), 'utf8');
}

function planOf(scenario: string) {
  const desired = { ...(JSON.parse(read(scenario, 'desired.json')) as Omit<Desired, 'sources'>), sources: new Map() };
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
    digests: { desiredDigest: digestJson(desired.fleet), targetDigest: digestJson([desired.lock, desired.rollout]) },
    extraFindings: [],
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
    const text = formatPlan(made, format, false);
    if (update) writeFileSync(join(here, scenario, file), text);
    expect(text).toBe(read(scenario, file));
  });

  test('the golden plan can be read back', () => {
    expect(parsePlan(read(scenario, 'plan.json'))).toEqual({ plan: made });
  });
});
