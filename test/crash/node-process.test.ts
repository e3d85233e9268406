/**
 * A real process, killed with SIGKILL at every journal boundary; a fresh process recovers. Soak kills on both sides of
 * each, a usual run on one.
 */
import { expect, test } from 'vitest';
import { isSoak } from '../support/runs.ts';
import { askProcess, type Killing } from '../support/node/ask-process.ts';
import { authority } from '../support/node/node-world.ts';
import { makeProcessWorld, newServer, oldServer } from '../support/node/process-world.ts';
import type { NodeRequestBody } from '../../src/model/message.ts';

const update: NodeRequestBody = {
  kind: 'update',
  authority,
  operation: 'second',
  releases: [newServer.wanted],
  expected: { themisdb: oldServer.manifest.manifestHash },
  restorePoint: 'old',
  healthTimeoutMs: 5000,
};
const rollback: NodeRequestBody = {
  kind: 'rollback',
  authority,
  operation: 'third',
  restorePoint: 'old',
  keep: null,
  healthTimeoutMs: 5000,
};

/** Open, nine steps with a beginning and an end, close. */
const boundaries = 20;

async function killedAt(request: NodeRequestBody, killing: Killing): Promise<void> {
  const what = `${request.kind}, ${killing.when} append ${killing.append}`;
  const world = await makeProcessWorld();
  try {
    const v4 = await world.tree();
    if (request.kind === 'rollback') await world.ask(update);
    const killed = await askProcess(world.root, request, { killing });
    expect(killed.signal, what).toBe('SIGKILL');
    const recovered = await askProcess(world.root, { kind: 'recover', authority: null });
    expect(recovered.reply, what).toMatchObject({
      kind: 'finished',
      result: { kind: expect.stringMatching(/done|unchanged/u) },
    });
    const after = await world.ask({ kind: 'observe', full: true });
    if (after.kind !== 'observed') throw new Error(what);
    expect(after.observed, what).toMatchObject({ drift: [], operation: null, health: { status: 'unknown' } });
    const starts = await world.starts();
    const tree = await world.tree();
    // The trees the service was started on are the trees of whole versions, and what runs is what lies there.
    expect(starts.at(-1), what).toBe(tree);
    expect((tree === v4) === (after.observed.packages['themisdb']?.version === '1.4.0'), what).toBe(true);
    expect(new Set(starts).size, what).toBe(starts.length > 2 ? 2 : starts.length);
    expect(await world.ask({ kind: 'recover', authority: null }), what).toMatchObject({
      result: { kind: 'unchanged' },
    });
    expect(await world.starts(), what).toEqual(starts);
  } finally {
    await world.remove();
  }
}

async function atEveryBoundary(request: NodeRequestBody, stride: number): Promise<void> {
  const cases: Killing[] = [];
  for (let append = 1; append <= boundaries; append += stride) {
    if (isSoak || append % 2 === 1) cases.push({ append, when: 'before' });
    if (isSoak || append % 2 === 0) cases.push({ append, when: 'after' });
  }
  const worker = async (): Promise<void> => {
    for (let next = cases.shift(); next !== undefined; next = cases.shift()) await killedAt(request, next);
  };
  await Promise.all([worker(), worker(), worker()]);
}

test('an update killed at every journal boundary ends fully old or fully new', async () => {
  await atEveryBoundary(update, 1);
}, 120_000);

test('a rollback killed at journal boundaries ends fully old or fully new', async () => {
  await atEveryBoundary(rollback, isSoak ? 1 : 5);
}, 120_000);

test('the process that is not killed makes exactly that many appends', async () => {
  const world = await makeProcessWorld();
  try {
    expect(
      (await askProcess(world.root, update, { killing: { append: boundaries + 1, when: 'before' } })).signal,
    ).toBeNull();
    expect((await askProcess(world.root, rollback, { killing: { append: boundaries, when: 'before' } })).signal).toBe(
      'SIGKILL',
    );
  } finally {
    await world.remove();
  }
});
