import { expect, test } from 'vitest';
import { formatComparison, formatPlan, planView } from '../../../src/apps/cli/fleet/plan-output.ts';
import { comparePlans } from '../../../src/plan/compare-plans.ts';
import { plan } from '../../../src/plan/plan.ts';
import { foldNames, shortNames } from '../../../src/report/name-list.ts';
import { paintFor } from '../../../src/apps/cli/paint.ts';
import { plainPaint } from '../../../src/report/paint.ts';
import { commentLimit, planMarkdown } from '../../../src/report/plan/plan-markdown.ts';
import { observedNode, release, rollout, simpleFleet, stage } from '../../support/fleet-fixture.ts';
import { desiredMigration, labelOf, withSchemas } from '../../support/schema-fixture.ts';
import { generatedEstate } from '../../support/generated-estate.ts';
import { generatedFleet } from '../../support/generated-fleet.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const small = plan(
  simpleFleet(3, v14, v15, { rollout: rollout({ stages: [stage(34, { bakeMs: 3_600_000 }), stage(100)] }) }),
);
const large = plan(generatedFleet(1000));

test('the last line is fixed', () => {
  expect(formatPlan(small, 'text', plainPaint)).toMatch(
    /\nPlan: 3 to update, 0 to repair, 0 to migrate; 0 deferred, 0 irreversible\.\n$/u,
  );
  const source = { repository: null, revision: 'f'.repeat(40), dirty: false, signer: null };
  const calm = plan({ ...simpleFleet(3, v15, v15), source });
  expect(formatPlan(calm, 'text', plainPaint)).toMatch(/\nNo changes\. Every node matches ffffffffff\.\n$/u);
});

test('a plan that is incomplete or in error never says that nothing changes', () => {
  const inputs = simpleFleet(3, v15, v15);
  const incomplete = plan({ ...inputs, observed: { nodes: inputs.observed.nodes.slice(1), databases: [] } });
  expect(formatPlan(incomplete, 'text', plainPaint)).toMatch(/\nPlan: 0 to update.*\n$/u);
});

test('blocks start with symbol, address and reason; drift comes before changes', () => {
  const inputs = simpleFleet(2, v14, v15);
  const drift = [{ package: 'themisdb', path: 'bin/themisdb', problem: 'missing' as const }];
  const nodes = [observedNode('node-a', [v15], { drift }), observedNode('node-b', [v14])];
  const text = formatPlan(plan({ ...inputs, observed: { nodes, databases: [] } }), 'text', plainPaint);
  expect(text).toContain('  ~ node/node-b: themisdb 1.4.2 is installed, the fleet wants 1.5.0\n');
  expect(text).toContain('  ! node/node-a: 1 file of themisdb is not what 1.5.0 says\n');
  expect(text.indexOf('Drift on 1 node')).toBeLessThan(text.indexOf('Changes on 2 nodes'));
});

test('what cannot be undone is listed first', () => {
  const steps = small.steps.map((step, index) =>
    index === 0 ? { ...step, irreversible: { why: 'data is gone' } } : step,
  );
  const text = formatPlan({ ...small, steps }, 'text', plainPaint);
  expect(text.indexOf('data is gone')).toBeLessThan(text.indexOf('Stage 1'));
});

test('a thousand nodes read as a few screens', () => {
  const lines = formatPlan(large, 'text', plainPaint).split('\n');
  expect(lines.length).toBeLessThan(250);
});

test('color changes nothing but color', () => {
  // oxlint-disable-next-line no-control-regex -- color codes are what it removes
  const bare = formatPlan(small, 'text', paintFor({ color: true })).replaceAll(/\u001B\[\d+m/gu, '');
  expect(bare).toBe(formatPlan(small, 'text', plainPaint));
  expect(paintFor({ color: true }).red('x')).not.toBe('x');
});

test('a thousand nodes fit one comment, and a smaller limit is kept by leaving out, not by cutting', () => {
  const whole = formatPlan(large, 'markdown', plainPaint);
  expect(whole.length).toBeLessThanOrEqual(commentLimit);
  expect(whole).not.toContain('left out for length');
  const short = planMarkdown(planView(large), 3000);
  expect(short.length).toBeLessThanOrEqual(3000);
  expect(short).toContain('left out for length');
  expect(short.split('<details').length).toBe(short.split('</details>').length);
});

test('with hops, windows and gates a thousand nodes fit one comment and read as a few screens as well', () => {
  const estate = plan(generatedEstate(1000));
  const whole = formatPlan(estate, 'markdown', plainPaint);
  expect(whole.length).toBeLessThanOrEqual(commentLimit);
  expect(whole).not.toContain('left out for length');
  expect(whole).toContain('| **Hop 1 of 2: themisdb 1.4.2, ');
  expect(formatPlan(estate, 'text', plainPaint).split('\n').length).toBeLessThan(1500);
});

test('text from files cannot become markup or mention people', () => {
  const finding = { severity: 'warning', code: 'THM3040', summary: '<img src=x> @everyone **bold** |' } as const;
  const text = formatPlan({ ...small, findings: [finding] }, 'markdown', plainPaint);
  expect(text).not.toContain('<img');
  expect(text).not.toContain('@everyone');
});

test('json holds all of the plan, one step a line', () => {
  const text = formatPlan(large, 'json', plainPaint);
  expect(JSON.parse(text)).toEqual(large);
  expect(text.split('\n').filter((line) => line.startsWith('    {"id":"node-')).length).toBe(
    large.steps.filter(({ kind }) => kind !== 'stage-promote').length,
  );
});

test('dot has a box for each step and an arrow for each need', () => {
  const dot = formatPlan(small, 'dot', plainPaint);
  expect(dot.match(/\[label=/gu)).toHaveLength(small.steps.length);
  expect(dot.match(/ -> /gu)).toHaveLength(small.steps.reduce((sum, step) => sum + step.needs.length, 0));
  expect(dot.startsWith('digraph plan {')).toBe(true);
});

const withSchema = plan(withSchemas(simpleFleet(3, v14, v15), [desiredMigration('add-phone', 5)]));

test('dot shows databases beside the stages', () => {
  const dot = formatPlan(withSchema, 'dot', plainPaint);
  expect(dot.match(/\[label=/gu)).toHaveLength(withSchema.steps.length);
  expect(dot.match(/shape=cylinder/gu)).toHaveLength(3);
});

test('phases of one migration, and migrations of one database, are compared each for itself', () => {
  const migrations = [desiredMigration('add-phone', 5), desiredMigration('add-mail', 6)];
  const more = plan(withSchemas(simpleFleet(3, v14, v15), migrations));
  const { added, removed, unchanged } = comparePlans(withSchema, more);
  expect(added.map(labelOf)).toEqual(['add-mail expand', 'add-mail migrate', 'add-mail contract']);
  expect([removed, unchanged > 0]).toEqual([[], true]);
  const text = formatComparison(comparePlans(withSchema, more), 'text', plainPaint);
  expect(text).toContain('database/orders: expands to schema version 6');
});

test('a comparison reads in every format it has', () => {
  const compared = comparePlans(plan(simpleFleet(3, v14, v14)), small);
  expect(formatComparison(compared, 'text', plainPaint)).toContain('Adds 4 steps');
  expect(formatComparison(compared, 'markdown', plainPaint)).toContain('```diff');
  expect(JSON.parse(formatComparison(compared, 'json', plainPaint))).toMatchObject({ unchanged: 0, removed: [] });
  expect(() => formatComparison(compared, 'dot', plainPaint)).toThrow(/--against/u);
});

test('runs of numbers are folded, long lists counted', () => {
  expect(foldNames(['n08', 'n09', 'n10', 'x', 'n12', 'n13'])).toEqual(['n08 to n10', 'x', 'n12', 'n13']);
  expect(foldNames(['n9', 'n10', 'n11'])).toEqual(['n9', 'n10', 'n11']);
  expect(shortNames(['a', 'c', 'e'], 2)).toBe('a, c and more: 3 in all');
});
