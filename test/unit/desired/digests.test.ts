import { expect, test } from 'vitest';
import { desiredDigest, targetDigest } from '../../../src/desired/digests.ts';
import type { Desired } from '../../../src/model/desired.ts';
import { desiredOf, document, goodFleet } from '../../support/findings-of.ts';

const fleet = goodFleet.replace('  nodes:', '  rollout: r\n  nodes:');
const rollout = document('Rollout', 'r', 'maxUnavailable: 1');
const base = desiredOf(fleet, rollout);
const hash = `sha256:${'0'.repeat(64)}`;
const lock = `apiVersion: themis.dev/v1\nkind: Lock\npackages:\n  - { package: themisdb, version: "1.5.0", manifestHash: "${hash}", platform: any, architecture: any }\n`;
const database = document('Database', 'd', 'urlFrom: { env: URL }');
const migration = document(
  'Migration',
  'm',
  'database: d\nschemaVersion: 1\noperations: [{ dropTable: { table: a } }]',
);

/** Which of the two digests a document moves. */
function moves(other: Desired): readonly string[] {
  return [
    ...(desiredDigest(other) === desiredDigest(base) ? [] : ['desired']),
    ...(targetDigest(other) === targetDigest(base) ? [] : ['target']),
  ];
}

test.each([
  ['a node', desiredOf(fleet.replace('node-b, ', 'node-b, cluster: eu, '), rollout)],
  ['the Rollout in use', desiredOf(fleet, document('Rollout', 'r', 'maxMinorSkew: 2'))],
  ['the lock', desiredOf(fleet, rollout, lock)],
  ['a Database', desiredOf(fleet, rollout, database)],
  ['a Migration', desiredOf(fleet, rollout, database, migration)],
  [
    'a Verification',
    desiredOf(fleet, rollout, document('Verification', 'v', 'checks: [{ name: a, type: smoke, tcp: { port: 1 } }]')),
  ],
])('%s moves both digests', (_, other) => {
  expect(moves(other)).toEqual(['desired', 'target']);
});

test.each([
  ['a Tenant', desiredOf(fleet, rollout, document('Tenant', 't', 'priority: low'))],
  [
    'a Notification',
    desiredOf(fleet, rollout, document('Notification', 'n', 'on: [update_failed]\nslack: { urlFrom: { env: U } }')),
  ],
  ['an UpdatePolicy', desiredOf(fleet, rollout, document('UpdatePolicy', 'u', 'package: themisdb'))],
  ['another Rollout', desiredOf(fleet, rollout, document('Rollout', 'other', 'maxUnavailable: 2'))],
])('%s moves the desired digest and voids no approval', (_, other) => {
  expect(moves(other)).toEqual(['desired']);
});

test('an Approval moves neither', () => {
  const text = document('Approval', 'a', `for: { target: "${hash}", stage: 1 }\nby: me\nreason: x`);
  expect(moves(desiredOf(fleet, rollout, text))).toEqual([]);
});

test('defaults that are written out move neither', () => {
  expect(
    moves(desiredOf(fleet, document('Rollout', 'r', 'maxUnavailable: 1\nmaxMinorSkew: 1\nhealth: { timeout: 30s }'))),
  ).toEqual([]);
});

test('the digests of a fixed fleet are what they were', () => {
  expect([desiredDigest(base), targetDigest(base)]).toMatchInlineSnapshot(`
    [
      "sha256:ce1b6fd1c008a6ee4289940b3a293d512ed91366246db819adc30aa16b184437",
      "sha256:196cd9a99d2bc8cf945890a353d3705978d7be4976e163e7f0fd21bca57d0ceb",
    ]
  `);
});
