import { expect, test } from 'vitest';
import { planExitCode } from '../../../src/plan/plan-exit-code.ts';
import { plan } from '../../../src/plan/plan.ts';
import type { FleetFacts } from '../../support/fleet-fixture.ts';
import { desiredNode, observedNode, planInputs, release } from '../../support/fleet-fixture.ts';
import { codes, outline } from '../../support/plan-facts.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');

function planOne(facts: Partial<FleetFacts> = {}) {
  const base = { nodes: [desiredNode('a')], observed: [observedNode('a', [v14])], releases: [v14, v15], wanted: [v15] };
  return plan(planInputs({ ...base, ...facts }));
}

function dependency(name: string, versionConstraint: string, facts = {}) {
  return { package: name, versionConstraint, optional: false, conflicts: [], ...facts };
}

test('without a lock nothing is planned, and the finding says what it would hold', () => {
  const made = planOne({ desired: { lock: undefined }, packages: { themisdb: '>=1.4' } });
  expect(codes(made)).toContain('THM3001');
  expect(made.findings.find(({ code }) => code === 'THM3001')?.summary).toContain('themisdb 1.5.0');
  expect(made).toMatchObject({ steps: [], applyable: false, errored: true });
  expect(planExitCode(made, true)).toBe(3);
});

test('what the Fleet asks for is not called unlisted because its pin does not fit', () => {
  const made = planOne({ packages: { themisdb: '<1.5' } });
  expect(codes(made)).toContain('THM3003');
  expect(codes(made)).not.toContain('THM3024');
});

test.each([
  ['a package without a pin', { packages: { themisdb: '1.5.0', extra: '1.0.0' } }, 'THM3002', 3],
  ['a pin outside of the range', { packages: { themisdb: '<1.5' } }, 'THM3003', 3],
  ['a pin that the releases do not hold', { releases: [v14] }, 'THM3006', 3],
  ['a pin for another platform', { wanted: [release('themisdb', '1.5.0', { platform: 'macos' })] }, 'THM3005', 3],
  [
    'a withdrawn release',
    { inputs: { catalogue: { releases: [v14, v15], yanked: [v15.manifestHash] } } },
    'THM3008',
    4,
  ],
] as const)('%s is an error', (_, facts, code, exit) => {
  const made = planOne(facts);
  expect(codes(made)).toContain(code);
  expect(made.applyable).toBe(false);
  expect(planExitCode(made, false)).toBe(exit);
});

test('a node gets the manifest of its own platform and architecture before a general one', () => {
  const any = release('themisdb', '1.5.0');
  const arm = release('themisdb', '1.5.0', { platform: 'linux', architecture: 'arm64' });
  const made = planOne({
    nodes: ['a', 'b'].map((name) => desiredNode(name)),
    observed: [observedNode('a', [v14]), observedNode('b', [v14], { architecture: 'arm64' })],
    releases: [v14, any, arm],
    wanted: [any, arm],
  });
  const manifests = made.steps.map((step) => step.after.packages!['themisdb']!.manifestHash);
  expect(manifests).toEqual([any.manifestHash, arm.manifestHash]);
});

test.each([
  ['a dependency that the Fleet does not list', [dependency('base', '^2')], [], 'THM3011'],
  ['a dependency at another version', [dependency('base', '^2')], [release('base', '1.0.0')], 'THM3012'],
  [
    'an optional dependency at another version',
    [dependency('base', '^2', { optional: true })],
    [release('base', '1.0.0')],
    'THM3012',
  ],
  [
    'a conflict by name',
    [dependency('other', '*', { optional: true, conflicts: ['base'] })],
    [release('base', '1.0.0')],
    'THM3013',
  ],
  [
    'a conflict by range',
    [dependency('other', '*', { optional: true, conflicts: ['base <2'] })],
    [release('base', '1.0.0')],
    'THM3013',
  ],
])('%s is an error that names both', (_, dependencies, others, code) => {
  const main = release('themisdb', '1.5.0', { dependencies });
  const made = planOne({ releases: [v14, main, ...others], wanted: [main, ...others] });
  const finding = made.findings.find((entry) => entry.code === code);
  expect(finding?.severity).toBe('error');
  expect(finding?.summary).toMatch(/themisdb.*base/u);
});

test('an absent optional dependency and a conflict out of range are fine', () => {
  const main = release('themisdb', '1.5.0', {
    dependencies: [dependency('base', '^2', { optional: true, conflicts: ['query <1'] })],
  });
  const query = release('query', '1.0.0');
  expect(planOne({ releases: [v14, main, query], wanted: [main, query] }).errored).toBe(false);
});

test('packages that need each other in a circle are named as a circle', () => {
  const a = release('a', '1.0.0', { dependencies: [dependency('b', '*')] });
  const b = release('b', '1.0.0', { dependencies: [dependency('a', '*')] });
  const made = planOne({ releases: [a, b], wanted: [a, b] });
  const found = made.findings.find(({ code }) => code === 'THM3014');
  expect(found?.summary).toContain('a → b → a');
  expect(found?.details).toEqual([
    'a 1.0.0 needs b * (release.json of a 1.0.0, dependencies[0])',
    'b 1.0.0 needs a * (release.json of b 1.0.0, dependencies[0])',
  ]);
});

test('a pin that only a dependency asks for is used; one that nobody asks for is left alone', () => {
  const base = release('base', '2.1.0');
  const stray = release('stray', '1.0.0');
  const main = release('themisdb', '1.5.0', { dependencies: [dependency('base', '^2')] });
  const made = planOne({
    releases: [v14, main, base, stray],
    wanted: [main, base, stray],
    packages: { themisdb: '1.5.0' },
  });
  expect(Object.keys(made.steps[0]!.after.packages!)).toEqual(['base', 'themisdb']);
  expect(made.steps[0]!.reason).toContain('base is not installed, themisdb 1.5.0 needs 2.1.0');
  expect(codes(made)).toContain('THM3004');
  expect(outline(made)).toEqual(['1 node-update a']);
});

test('a release that has expired or moves the data schema is a warning', () => {
  const main = release('themisdb', '1.5.0', { expiresAt: '2026-01-01T00:00:00Z', dataSchemaVersion: 2 });
  const made = planOne({ releases: [v14, main], wanted: [main] });
  expect(codes(made)).toEqual(expect.arrayContaining(['THM3010', 'THM3034']));
  expect(made.applyable).toBe(true);
});

test('a withdrawn release that runs is a warning, and nothing is done about it', () => {
  const catalogue = { releases: [v14, v15], yanked: [v15.manifestHash] };
  const made = planOne({ observed: [observedNode('a', [v15])], inputs: { catalogue } });
  expect(codes(made)).toEqual(['THM3009']);
  expect(made).toMatchObject({ steps: [], applyable: true });
});

test('the wanted version from another manifest is replaced, with a warning', () => {
  const rebuilt = release('themisdb', '1.5.0', { dataSchemaVersion: 1, files: [] });
  const made = planOne({ observed: [observedNode('a', [rebuilt])] });
  expect(outline(made)).toEqual(['1 node-update a']);
  expect(codes(made)).toContain('THM3033');
});

test('what only another platform needs is not asked for here', () => {
  const base = release('base', '2.1.0', { platform: 'macos' });
  const [plain, mac] = [
    release('themisdb', '1.5.0', { platform: 'linux' }),
    release('themisdb', '1.5.0', { platform: 'macos', dependencies: [dependency('base', '^2')] }),
  ];
  const facts = { releases: [v14, plain, mac, base], wanted: [plain, mac, base], packages: { themisdb: '1.5.0' } };
  const made = planOne(facts);
  expect(Object.keys(made.steps[0]!.after.packages!)).toEqual(['themisdb']);
  expect(made.errored).toBe(false);
  expect(codes(made)).not.toContain('THM3004');
});
