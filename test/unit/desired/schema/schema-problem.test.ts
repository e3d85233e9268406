import { describe, expect, test } from 'vitest';
import { parseDesired } from '../../../../src/desired/parse.ts';
import { document, findingsBeside, findingsOf, goodFleet } from '../../../support/findings-of.ts';

const rollout = (spec: string): string => document('Rollout', 'r', spec);
const tenant = (spec: string): string => document('Tenant', 't', spec);

/** What is wrong, the text that is, and what is found: one line for each way a value can be wrong. */
const wrong: readonly (readonly [string, string, readonly string[]])[] = [
  ['an unknown field', rollout('bake: 1h'), ['THM1103 x.yaml:5:3']],
  ['a merge key', rollout('<<: { maxUnavailable: 1 }'), ['THM1103 x.yaml:5:3']],
  ['a missing field', tenant('windows: [{ from: "02:00", timezone: UTC }]'), ['THM1104 x.yaml:5:13']],
  ['a number for text', tenant('windows: [{ from: 2, to: "03:00", timezone: UTC }]'), ['THM1105 x.yaml:5:21']],
  ['text for a number', rollout('maxUnavailable: "1"'), ['THM1105 x.yaml:5:19']],
  ['nothing for a value', rollout('health: { timeout: }'), ['THM1105 x.yaml:5:13']],
  ['a list for a map', rollout('health: [30s]'), ['THM1105 x.yaml:5:11']],
  ['a value that is not in the list', rollout('onFailure: rolback'), ['THM1106 x.yaml:5:14']],
  ['a bad name', document('Tenant', 'Big_One!', 'priority: low'), ['THM1107 x.yaml:3:19']],
  ['a number out of range', rollout('stages: [{ percentage: 100, atLeast: 0 }]'), ['THM1108 x.yaml:5:40']],
  ['none of several', document('Database', 'd', 'connections: 1'), ['THM1109 x.yaml:4:1']],
  ['two of several', rollout('stages: [{ percentage: 100, nodes: [node-a] }]'), ['THM1109 x.yaml:5:31']],
  ['an empty list', rollout('stages: []'), ['THM1110 x.yaml:5:11']],
  [
    'the same entry twice',
    document('Notification', 'n', 'on: [update_failed, update_failed]\nslack: { urlFrom: { env: U } }'),
    ['THM1110 x.yaml:5:23'],
  ],
  ['a bad duration', rollout('health: { timeout: 30 seconds }'), ['THM1112 x.yaml:5:22']],
  ['a duration without a unit', rollout('health: { timeout: 30 }'), ['THM1105 x.yaml:5:22']],
  ['a duration beyond counting', rollout('health: { timeout: 99999999999999999999d }'), ['THM1112 x.yaml:5:22']],
  [
    'a time zone that does not exist',
    tenant('windows: [{ from: "02:00", to: "03:00", timezone: Europe/Berln }]'),
    ['THM1114 x.yaml:5:53'],
  ],
  [
    'an abbreviation of a time zone',
    tenant('windows: [{ from: "02:00", to: "03:00", timezone: CEST }]'),
    ['THM1114 x.yaml:5:53'],
  ],
  ['a bad range', document('UpdatePolicy', 'p', 'package: themisdb\nversions: newest'), ['THM1115 x.yaml:6:13']],
  ['a bad selector', rollout('order: ["zone=a", "=b"]'), ['THM1116 x.yaml:5:21']],
  ['a day that does not exist', tenant('blackouts: [{ from: 2026-02-30, to: 2026-03-01 }]'), ['THM1118 x.yaml:5:23']],
  [
    'a bad instant',
    document(
      'Approval',
      'a',
      `for: { target: "sha256:${'0'.repeat(64)}", emergency: true }\nby: me\nreason: x\nexpiresAt: tomorrow`,
    ),
    ['THM1118 x.yaml:8:14'],
  ],
  ['an impossible percentage', rollout('stages: [{ percentage: 120 }]'), ['THM1224 x.yaml:5:26']],
  ['a percentage of nothing', rollout('stages: [{ percentage: 0 }, { percentage: 100 }]'), ['THM1224 x.yaml:5:26']],
  ['maxUnavailable of nobody', rollout('maxUnavailable: 0'), ['THM1231 x.yaml:5:19']],
  ['maxMinorSkew of nothing', rollout('maxMinorSkew: 0'), ['THM1231 x.yaml:5:17']],
  ['a wrong apiVersion', 'apiVersion: themis.dev/v2\nkind: Tenant\n', ['THM1101 x.yaml:1:13']],
  ['a foreign document', 'apiVersion: apps/v1\nkind: Deployment\n', ['THM1101 x.yaml:1:13']],
  ['no apiVersion', 'kind: Tenant\n', ['THM1101 x.yaml:1:1']],
  ['an unknown kind', 'apiVersion: themis.dev/v1\nkind: Rolout\n', ['THM1102 x.yaml:2:7']],
  ['no kind', 'apiVersion: themis.dev/v1\n', ['THM1102 x.yaml:1:1']],
  ['a document that is a list', '- a\n', ['THM1101 x.yaml:1:3']],
];

test.each(wrong)('%s is found where it stands', (_, text, expected) => {
  expect(findingsBeside(text)).toEqual(expected);
});

describe('in a Fleet', () => {
  test.each([
    ['no uid', goodFleet.replace(', uid: 0b5c7f1e', ''), ['THM1203 x.yaml:3:1']],
    ['an unquoted version', goodFleet.replace('"1.5.0"', '1.10'), ['THM1111 x.yaml:5:25']],
    ['a bad label value', goodFleet.replace('node-b, ', 'node-b, labels: { zone: "a b" }, '), ['THM1117 x.yaml:9:39']],
    ['a bad label key', goodFleet.replace('node-b, ', 'node-b, labels: { "-": a }, '), ['THM1117 x.yaml:9:33']],
    ['no transport', goodFleet.replace('local: { root: ./nodes/node-b }', ''), ['THM1109 x.yaml:9:23']],
    ['a name of a package that is none', goodFleet.replace('{ themisdb:', '{ Themisdb:'), ['THM1107 x.yaml:5:15']],
  ])('%s is found where it stands', (_, text, expected) => {
    expect(findingsOf(text)).toEqual(expected);
  });
});

function fixesOf(text: string): readonly (string | undefined)[] {
  const files = [
    { path: 'fleet.yaml', text: goodFleet },
    { path: 'x.yaml', text },
  ];
  return parseDesired(files).findings.map(({ fix }) => fix);
}

test('a slip of the pen is met with the word that was meant', () => {
  expect(fixesOf(rollout('maxUnavailble: 1'))).toEqual(['Did you mean maxUnavailable?']);
  expect(fixesOf(rollout('onFailure: rolback'))).toEqual(['Did you mean rollback?']);
  expect(fixesOf('apiVersion: themis.dev/v1\nkind: tenant\n')).toEqual(['Did you mean Tenant?']);
  const zone = 'windows: [{ from: "02:00", to: "03:00", timezone: America/New_Yorck }]';
  expect(fixesOf(tenant(zone))).toEqual(['Did you mean America/New_York?']);
});

test('the fix of an unquoted version shows the text that was written', () => {
  const { findings } = parseDesired([{ path: 'x.yaml', text: goodFleet.replace('"1.5.0"', '1.10') }]);
  expect(findings.map(({ fix }) => fix)).toEqual(['Quote it: "1.10".']);
});

test('every problem of a document is found at once', () => {
  const spec = 'maxUnavailable: 0\nonFailure: never\nhealth: { timeout: 5 }\nbake: 1h';
  expect(findingsBeside(rollout(spec))).toEqual([
    'THM1231 x.yaml:5:19',
    'THM1106 x.yaml:6:14',
    'THM1105 x.yaml:7:22',
    'THM1103 x.yaml:8:3',
  ]);
});
