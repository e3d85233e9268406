import { expect, test } from 'vitest';
import { parseDesired } from '../../../../src/desired/parse.ts';
import { document, findingsBeside, findingsOf, goodFleet } from '../../../support/findings-of.ts';

const digest = `sha256:${'0'.repeat(64)}`;

test('the Rollout that a Fleet names must exist', () => {
  expect(findingsOf(goodFleet.replace('  nodes:', '  rollout: fast\n  nodes:'))).toEqual(['THM1210 x.yaml:7:12']);
});

test('the tenants of a node must exist', () => {
  const text = goodFleet.replace('node-b, ', 'node-b, tenants: [a, b], ');
  expect(findingsOf({ 'f.yaml': text, 't.yaml': document('Tenant', 'a', 'priority: low') })).toEqual([
    'THM1211 f.yaml:9:36',
  ]);
});

test('the tenant of an Approval must exist', () => {
  const spec = `for: { target: "${digest}", tenant: nobody }\nby: me\nreason: none`;
  expect(findingsBeside(document('Approval', 'a', spec))).toEqual(['THM1211 x.yaml:5:101']);
});

test('the Database and the dependencies of a Migration must exist', () => {
  const spec = 'database: main\nschemaVersion: 1\ndependsOn: [first]\noperations: [{ dropTable: { table: a } }]';
  expect(findingsBeside(document('Migration', 'm', spec))).toEqual(['THM1212 x.yaml:5:13', 'THM1213 x.yaml:7:15']);
});

test('nodes of a stage must exist', () => {
  const spec = 'stages: [{ nodes: [node-a, node-x] }, { percentage: 100 }]';
  expect(findingsBeside(document('Rollout', 'r', spec))).toEqual(['THM1214 x.yaml:5:30']);
});

test('packages named by an UpdatePolicy and by a Migration must be in the Fleet', () => {
  const policy = document('UpdatePolicy', 'p', 'package: themis');
  const migration = document(
    'Migration',
    'm',
    'database: d\nschemaVersion: 1\nrelease: { other: "1.0.0" }\noperations: [{ dropTable: { table: a } }]\n',
  );
  const database = document('Database', 'd', 'urlFrom: { env: URL }\n');
  expect(findingsBeside(`${migration}---\n${database}---\n${policy}`)).toEqual([
    'THM1215 x.yaml:7:14',
    'THM1215 x.yaml:20:12',
  ]);
});

test('a slip of the pen is met with the name that was meant', () => {
  const text = goodFleet.replace('  nodes:', '  rollout: progresive\n  nodes:');
  const rollout = document('Rollout', 'progressive', 'maxUnavailable: 1');
  const { findings } = parseDesired([
    { path: 'f.yaml', text },
    { path: 'r.yaml', text: rollout },
  ]);
  expect(findings.map(({ fix }) => fix)).toEqual(['Did you mean progressive?']);
});

test('nothing is called unknown while a file cannot be read or a document has no known kind', () => {
  const text = goodFleet.replace('  nodes:', '  rollout: fast\n  nodes:');
  expect(findingsOf({ 'f.yaml': text, 'r.yaml': 'a: [' }).map((finding) => finding.slice(0, 7))).toEqual(['THM1001']);
  expect(findingsOf({ 'f.yaml': text, 'r.yaml': document('Rolout', 'fast', 'a: 1') })).toEqual(['THM1102 r.yaml:2:7']);
});

test('names that exist are fine', () => {
  const text = goodFleet.replace('  nodes:', '  rollout: fast\n  nodes:');
  expect(findingsOf({ 'f.yaml': text, 'r.yaml': document('Rollout', 'fast', 'maxUnavailable: 1') })).toEqual([]);
});
