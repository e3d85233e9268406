import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Catalogue } from '../../src/model/release.ts';
import type { SimulationReport } from '../../src/report/simulation/simulation-report.ts';
import { catalogueOf, manifestOf } from '../support/catalogue-of.ts';
import { writeTree } from '../support/real-repository.ts';
import { runCommand, type Ran } from '../support/run-command.ts';

const releases = ['1.3.0', '1.4.2', '1.5.0'].map((version) => manifestOf('themisdb', version));
let catalogue: Catalogue;
vi.mock('../../src/apps/cli/reading/catalogue.ts', () => ({ loadCatalogue: () => Promise.resolve(catalogue) }));

const nodes = ['a', 'b', 'c', 'd', 'e'].map(
  (name, index) =>
    `    - { name: ${name}, cluster: eu, transport: { local: { root: ./${name} } }, labels: { zone: z${index % 3} } }`,
);
const fleet = `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: 5f0c2f0a-3a5f-4f0e-9f39-0d6f1f0b7c11 }
spec:
  packages: { themisdb: "1.5.0" }
  releases: { directory: ./releases }
  rollout: careful
  nodes:
${nodes.join('\n')}
---
apiVersion: themis.dev/v1
kind: Rollout
metadata: { name: careful }
spec: { stages: [ { percentage: 20, bake: 10m }, { percentage: 100 } ] }
`;

let directory: string;
beforeEach(async () => {
  catalogue = catalogueOf(releases);
  directory = mkdtempSync(join(tmpdir(), 'themis-simulate-'));
  writeTree(directory, { 'fleet.yaml': fleet });
  await runCommand(directory, ['lock']);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function report(...line: string[]): Promise<{ readonly ran: Ran; readonly simulated: SimulationReport }> {
  const ran = await runCommand(directory, ['simulate', ...line, '-o', 'json']);
  return { ran, simulated: JSON.parse(ran.out) as SimulationReport };
}

test('a quiet run starts from the release before the locked one, bakes, and ends with every node new', async () => {
  const { ran, simulated } = await report();
  expect(ran.exitCode).toBe(0);
  expect(simulated).toMatchObject({
    nodes: 5,
    seed: null,
    packages: [{ package: 'themisdb', from: '1.4.2', to: '1.5.0' }],
    result: { result: 'done', exitCode: 0, versions: { 'themisdb 1.5.0': 5 } },
    violations: [],
  });
  expect(simulated.simulatedMs).toBeGreaterThan(600_000);
  expect(simulated.timeline.map(({ kind }) => kind)).toEqual(['plan', 'stage', 'wait', 'promote', 'stage']);
  const quorum = simulated.invariants.find(({ name }) => name === 'quorum');
  expect(quorum).toMatchObject({ checks: 5, violations: 0 });
});

test('the same seed gives the same bytes, another seed others', async () => {
  const text = async (seed: string): Promise<string> =>
    (await runCommand(directory, ['simulate', '--faults', seed, '--nodes', '40'])).out;
  const first = await text('3');
  expect(await text('3')).toBe(first);
  expect(await text('4')).not.toBe(first);
  expect(first).toContain('Faults of seed 3');
  expect(first).toContain('Every invariant held.');
});

test('--nodes makes whole clusters of the same shape', async () => {
  const { simulated } = await report('--nodes', '23');
  expect(simulated).toMatchObject({ nodes: 23, clusters: 5, result: { versions: { 'themisdb 1.5.0': 23 } } });
});

test('--from says what nodes have before; a version that no release has is a usage error', async () => {
  const { simulated } = await report('--from', 'themisdb=1.5.0');
  expect(simulated.result).toMatchObject({ result: 'nothing-to-do' });
  expect((await runCommand(directory, ['simulate', '--from', '9.9.9'])).exitCode).toBe(64);
});

test('-o jsonl is the timeline line by line, then the rest', async () => {
  const { out } = await runCommand(directory, ['simulate', '-o', 'jsonl']);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly type: string });
  expect(lines.at(-1)!.type).toBe('simulated');
  expect(new Set(lines.slice(0, -1).map(({ type }) => type))).toEqual(new Set(['timeline']));
});

test('migrations are left out, and that is said', async () => {
  const migration = `apiVersion: themis.dev/v1
kind: Database
metadata: { name: orders }
spec: { pglite: { directory: ./db } }
---
apiVersion: themis.dev/v1
kind: Migration
metadata: { name: add-phone }
spec:
  database: orders
  schemaVersion: 1
  operations: [ { rawSql: { up: "SELECT 1", irreversible: "nothing to take back" } } ]
`;
  writeTree(directory, { 'db.yaml': migration });
  const { ran, simulated } = await report();
  expect(ran.err).toContain('note: migrations are not simulated: add-phone');
  expect(simulated.result).toMatchObject({ result: 'done', versions: { 'themisdb 1.5.0': 5 } });
});

test('a desired state that is not valid is refused', async () => {
  writeFileSync(join(directory, 'fleet.yaml'), fleet.replace('kind: Fleet', 'kind: Flet'));
  expect((await runCommand(directory, ['simulate'])).exitCode).toBe(3);
});

test('help names what it takes', async () => {
  const { out } = await runCommand(directory, ['simulate', '--help']);
  for (const option of ['--faults', '--nodes', '--from', '--observed', '--at']) expect(out).toContain(option);
});
