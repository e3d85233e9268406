import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Input, Session } from '../../../src/apps/cli/command.ts';
import { createPlanCommand } from '../../../src/apps/cli/commands/plan.ts';
import { showCommand } from '../../../src/apps/cli/commands/show.ts';
import type { PlanSources } from '../../../src/apps/cli/fleet/make-plan.ts';
import { makePlan } from '../../../src/apps/cli/fleet/make-plan.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import { digestJson } from '../../../src/kernel/digest.ts';
import type { Snapshot } from '../../../src/model/observed.ts';
import { encodeSnapshot } from '../../../src/observe/snapshot.ts';
import { observedNode, release, simpleFleet, testInstant } from '../../support/fleet-fixture.ts';

const v14 = release('themisdb', '1.4.2');
const v15 = release('themisdb', '1.5.0');
const update = simpleFleet(3, v14, v15);
const calm = simpleFleet(3, v14, v14);
const { name, uid } = update.desired.fleet;
const snapshot: Snapshot = {
  formatVersion: '1.0',
  fleet: { name, uid },
  takenAt: testInstant,
  observed: update.observed,
  catalogue: update.catalogue,
  record: update.record,
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'themis-plan-'));
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

/** `main` wants nothing new; the work tree wants 1.5.0; `broken` is invalid. */
const sources: PlanSources = {
  loadFleet: (_, revision) => {
    const source = { ...update.source, revision: revision ?? null };
    const broken = { severity: 'error', code: 'THM1001', summary: 'broken' } as const;
    if (revision === 'broken') return Promise.resolve({ desired: undefined, findings: [broken], source });
    return Promise.resolve({ desired: revision === 'main' ? calm.desired : update.desired, findings: [], source });
  },
  observe: () => Promise.resolve(snapshot),
  readText: (path) => readFile(path, 'utf8'),
  digests: (desired) => ({
    desiredDigest: digestJson(desired.fleet),
    targetDigest: digestJson(desired.fleet.packages),
  }),
  unusedFindings: () => [],
};

type Values = Readonly<Record<string, string | boolean | readonly string[]>>;

async function run(command: ReturnType<typeof createPlanCommand>, values: Values, file?: string) {
  const written = { out: '', err: '' };
  const output = (stream: 'out' | 'err') => ({
    write: (text: string) => void (written[stream] += text),
    isTerminal: false,
    color: false,
    columns: 100,
  });
  const session = {
    directory,
    out: output('out'),
    err: output('err'),
    clock: { nowMs: () => Date.parse(testInstant) },
    verbosity: 'normal',
    selector: undefined,
    themisVersion: '0.1.0',
  } as unknown as Session;
  const input = {
    argument: () => file,
    rest: () => [],
    text: (option: string) => values[option] ?? (option === 'output' ? 'text' : undefined),
    list: (option: string) => values[option] ?? [],
    flag: (option: string) => values[option] === true,
  } as unknown as Input;
  return { exit: await command.run(session, input), ...written };
}

const planCommand = createPlanCommand(() => sources);

test('changes exit 0, and 2 when asked about them', async () => {
  expect(await run(planCommand, {})).toMatchObject({ exit: 0, err: '' });
  expect((await run(planCommand, { 'detailed-exitcode': true })).exit).toBe(2);
  expect((await run(planCommand, { 'detailed-exitcode': true, rev: 'main' })).exit).toBe(0);
});

test('an invalid desired state exits 3 and says why on stderr', async () => {
  const result = await run(planCommand, { rev: 'broken' });
  expect(result.exit).toBe(3);
  expect(result.out).toBe('');
  expect(result.err).toContain('THM1001');
  expect((await run(planCommand, { against: 'broken' })).exit).toBe(3);
});

test('--against shows what this revision adds', async () => {
  const { out } = await run(planCommand, { against: 'main', output: 'json' });
  const comparison = JSON.parse(out) as { added: unknown[]; removed: unknown[] };
  expect(comparison.added).toHaveLength(3);
  expect(comparison.removed).toHaveLength(0);
});

test('--observed plans from a file; a snapshot of another fleet is refused', async () => {
  const path = join(directory, 'snapshot.json');
  const current = update.observed.nodes.map((node) => observedNode(node.name, [v15]));
  await writeFile(path, encodeSnapshot({ ...snapshot, observed: { nodes: current, databases: [] } }));
  expect((await run(planCommand, { observed: path })).out).toContain('No changes.');
  await writeFile(path, encodeSnapshot({ ...snapshot, fleet: { name: 'other', uid: 'other' } }));
  await expect(run(planCommand, { observed: path })).rejects.toThrow(ThemisError);
  await writeFile(path, '{');
  expect((await run(planCommand, { observed: path })).exit).toBe(3);
});

test('--target, --exclude and --at reach the plan', async () => {
  const { out } = await run(planCommand, { target: ['node/node-b'], at: '2027-01-01T00:00:00Z', output: 'json' });
  const made = JSON.parse(out) as { scope: object; steps: unknown[]; schedule: { startsAt: string }[] };
  expect(made.scope).toEqual({ targets: ['node/node-b'], excludes: [] });
  expect(made.steps).toHaveLength(1);
  expect(made.schedule[0]?.startsAt).toBe('2027-01-01T00:00:00Z');
  expect((await run(planCommand, { target: ['node/nobody'] })).exit).toBe(64);
});

test.each([{ at: 'tomorrow' }, { 'refresh-only': true, out: 'x' }, { 'refresh-only': true, against: 'main' }])(
  '%j is a usage error',
  async (values) => {
    await expect(run(planCommand, values)).rejects.toMatchObject({ code: 'USAGE' });
  },
);

test('a saved plan is shown again, whole; altered it is refused', async () => {
  const path = join(directory, 'a.themisplan');
  const planned = await run(planCommand, { out: path });
  const shown = await run(showCommand, {}, path);
  expect(shown).toMatchObject({ exit: 0, out: planned.out });
  const saved = await readFile(path, 'utf8');
  expect((await run(showCommand, { output: 'json' }, path)).out).toBe(saved);
  await writeFile(path, saved.replace('node/node-b', 'node/node-x'));
  const refused = await run(showCommand, {}, path);
  expect(refused).toMatchObject({ exit: 8, out: '' });
  expect(refused.err).toContain('THM3084');
  await expect(run(showCommand, {}, join(directory, 'missing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('planning again for a saved plan takes its source, scope and leaders', async () => {
  const request = {
    directory,
    revision: undefined,
    against: undefined,
    observed: undefined,
    scope: { targets: ['node/node-a'], excludes: [] },
    at: testInstant,
    anchored: false,
    refreshOnly: false,
    themisVersion: '0.1.0',
  };
  const first = await makePlan({ ...request, revision: 'work' }, sources);
  if (first.kind !== 'planned') throw new Error('not planned');
  const moved = update.observed.nodes.map((node) =>
    observedNode(node.name, [v14], { role: node.name === 'node-c' ? 'leader' : 'follower' }),
  );
  const later: PlanSources = {
    ...sources,
    observe: () => Promise.resolve({ ...snapshot, observed: { nodes: moved, databases: [] } }),
  };
  const again = await makePlan({ ...request, scope: { targets: [], excludes: [] }, saved: first.plan }, later);
  expect(again.kind === 'planned' && again.plan.planDigest).toBe(first.plan.planDigest);
});
