import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SimulatedClock } from '../../src/adapters/clock/simulated.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { isAlive, ownHolder } from '../../src/adapters/process/process-facts.ts';
import { createMemoryState, createMemoryStore } from '../../src/adapters/store/memory.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateDirectory, stateFile } from '../../src/adapters/store/state-directory.ts';
import { emptyRecord } from '../../src/model/rollout-record.ts';
import type { StageLook, Verdict } from '../../src/model/verdict.ts';
import type { ExecutionHeader, LeaseHolder, Store } from '../../src/ports/store.ts';
import { planOf } from '../support/plans.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'themis-store-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const plan = planOf([], []);
const at = '2026-01-01T00:00:00Z';

function holder(id: string): LeaseHolder {
  return { id, who: `${id}@host`, host: 'host', pid: 1, pidStartedAt: null, purpose: 'test' };
}

function header(id: string): ExecutionHeader {
  return { id, kind: 'apply', planDigest: plan.planDigest, targetDigest: plan.targetDigest, startedAt: at, by: 'me' };
}

type Opener = (dead: Set<string>) => { open: () => Store; clock: SimulatedClock };

const stores: Record<string, Opener> = {
  memory: (dead) => {
    const clock = new SimulatedClock();
    const state = createMemoryState();
    return { clock, open: () => createMemoryStore(state, clock, (one) => !dead.has(one.id)) };
  },
  sqlite: (dead) => {
    const clock = new SimulatedClock();
    const file = join(directory, 'uid', 'state.db');
    return { clock, open: () => openSqliteStore(file, clock, (one) => !dead.has(one.id)) };
  },
};

describe.each(Object.entries(stores))('store: %s', (_name, opener) => {
  let dead = new Set<string>();
  let clock = new SimulatedClock();
  const open: Store[] = [];
  let first = undefined as unknown as Store;
  let second = undefined as unknown as Store;

  beforeEach(() => {
    dead = new Set();
    const world = opener(dead);
    clock = world.clock;
    first = world.open();
    second = world.open();
    open.push(first, second);
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  test('verdicts and looks are kept; looks only while their execution is open', async () => {
    const lease = (await first.lease.acquire(holder('a'), 1000))!;
    const verdict = { id: '0123456789abcdef', formatVersion: '1.0' } as unknown as Verdict;
    await first.evidence.writeVerdict(verdict, lease.token);
    await first.evidence.writeVerdict(verdict, lease.token);
    expect(await second.evidence.readVerdict(verdict.id)).toEqual(verdict);
    await expect(second.evidence.readVerdict('f')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await first.openExecution(header('one'), plan, lease.token);
    const look = (atMs: number): StageLook => ({
      atMs,
      series: [{ node: 'a', signal: 'requests', points: [[atMs, null]] }],
      taken: [{ node: 'a', side: 'canary', role: 'follower' }],
      dropped: [],
    });
    await first.evidence.appendLook('one', '1', look(2), lease.token);
    await first.evidence.appendLook('one', '1', look(1), lease.token);
    await first.evidence.appendLook('one', '1 of hop 1', look(3), lease.token);
    expect(await second.evidence.readLooks('one', '1')).toEqual([look(2), look(1)]);
    expect(await second.evidence.readLooks('one', '2')).toEqual([]);
    await first.lease.forceRelease(lease.token);
    const next = (await second.lease.acquire(holder('b'), 1000))!;
    await expect(first.evidence.appendLook('one', '1', look(4), lease.token)).rejects.toMatchObject({ code: 'FENCED' });
    await expect(first.evidence.writeVerdict(verdict, lease.token)).rejects.toMatchObject({ code: 'FENCED' });
    const end = { finishedAt: at, result: 'done', exitCode: 0, detail: '' } as const;
    await second.closeExecution('one', end, next.token);
    expect(await first.evidence.readLooks('one', '1')).toEqual([]);
    expect(await first.evidence.readVerdict(verdict.id)).toEqual(verdict);
  });

  test('two openers see one store: id, record, steering', async () => {
    expect(first.id).toBe(second.id);
    expect(await second.readRecord()).toEqual(emptyRecord);
    const lease = (await first.lease.acquire(holder('a'), 1000))!;
    await first.writeRecord({ ...emptyRecord, estimates: { updateMs: 5, rollbackMs: null } }, lease.token);
    expect((await second.readRecord()).estimates.updateMs).toBe(5);
    const suspended = { at, by: 'ops', reason: 'incident' };
    await second.steer({ suspended });
    expect((await first.readRecord()).suspended).toEqual(suspended);
    await first.writeRecord(emptyRecord, lease.token);
    expect(await second.readSteering()).toEqual({ suspended, cancel: null });
  });

  test('a lease excludes others until it is released, and tokens grow', async () => {
    const lease = (await first.lease.acquire(holder('a'), 1000))!;
    expect(await second.lease.acquire(holder('b'), 1000)).toBeNull();
    expect((await second.lease.current())?.holder.id).toBe('a');
    await lease.release();
    expect(await second.lease.current()).toBeNull();
    const next = (await second.lease.acquire(holder('b'), 1000))!;
    expect(next.token).toBeGreaterThan(lease.token);
  });

  test('a lease that ran out can be taken, and renewing keeps it', async () => {
    const lease = (await first.lease.acquire(holder('a'), 1000))!;
    await clock.advance(900);
    await lease.renew(1000);
    await clock.advance(900);
    expect(await second.lease.acquire(holder('b'), 1000)).toBeNull();
    await clock.advance(100);
    expect(await second.lease.acquire(holder('b'), 1000)).not.toBeNull();
    await expect(lease.renew(1000)).rejects.toMatchObject({ code: 'FENCED' });
  });

  test('a holder known to be dead is replaced at once', async () => {
    await first.lease.acquire(holder('a'), 60_000);
    dead.add('a');
    expect(await second.lease.acquire(holder('b'), 1000)).not.toBeNull();
  });

  test('force takes the lease only with the token that was seen, and fences the old holder', async () => {
    const lease = (await first.lease.acquire(holder('a'), 60_000))!;
    expect(await second.lease.forceRelease(lease.token + 1)).toBe(false);
    expect(await second.lease.forceRelease(lease.token)).toBe(true);
    await expect(lease.renew(1000)).rejects.toMatchObject({ code: 'FENCED' });
    await expect(first.writeRecord(emptyRecord, lease.token)).rejects.toMatchObject({ code: 'FENCED' });
    const next = (await second.lease.acquire(holder('b'), 1000))!;
    await lease.release();
    expect((await first.lease.current())?.token).toBe(next.token);
  });

  test('every write with a lower token is fenced and changes nothing', async () => {
    const old = (await first.lease.acquire(holder('a'), 100))!;
    await first.openExecution(header('e1'), plan, old.token);
    await clock.advance(200);
    const now = (await second.lease.acquire(holder('b'), 1000))!;
    const fenced = { code: 'FENCED' };
    const entry = { seq: 0, operation: 'e1', step: null, event: 'open', at, token: old.token } as const;
    const end = { finishedAt: at, result: 'done', exitCode: 0, detail: '' } as const;
    await expect(first.appendJournal(entry)).rejects.toMatchObject(fenced);
    await expect(first.closeExecution('e1', end, old.token)).rejects.toMatchObject(fenced);
    await expect(first.openExecution(header('e2'), plan, old.token)).rejects.toMatchObject(fenced);
    expect(await second.readJournal('e1')).toEqual([]);
    expect((await second.openExecutionOf())?.id).toBe('e1');
    await second.appendJournal({ ...entry, token: now.token });
    expect(await first.readJournal('e1')).toHaveLength(1);
  });

  test('a journal has no gaps and no doubles', async () => {
    const { token } = (await first.lease.acquire(holder('a'), 1000))!;
    await first.openExecution(header('e1'), plan, token);
    const entry = { operation: 'e1', step: 's', event: 'begin', at, token } as const;
    await first.appendJournal({ ...entry, seq: 0 });
    await expect(first.appendJournal({ ...entry, seq: 0 })).rejects.toMatchObject({ code: 'BUG' });
    await expect(first.appendJournal({ ...entry, seq: 2 })).rejects.toMatchObject({ code: 'BUG' });
    await first.appendJournal({ ...entry, seq: 1, event: 'done' });
    expect((await second.readJournal('e1')).map((one) => one.event)).toEqual(['begin', 'done']);
    await expect(first.appendJournal({ ...entry, seq: 0, operation: 'x' })).rejects.toBeDefined();
  });

  test('one execution is open at a time, keeps its plan, and history is newest first', async () => {
    const { token } = (await first.lease.acquire(holder('a'), 1000))!;
    expect(await first.openExecutionOf()).toBeNull();
    await first.openExecution(header('e1'), plan, token);
    await expect(first.openExecution(header('e2'), plan, token)).rejects.toMatchObject({ code: 'BUG' });
    expect(await second.readPlan('e1')).toEqual(plan);
    const end = { finishedAt: at, result: 'done', exitCode: 0, detail: 'fine' } as const;
    await first.closeExecution('e1', end, token);
    await first.openExecution(header('e2'), plan, token);
    expect((await second.history(10)).map((one) => [one.id, one.end?.result])).toEqual([
      ['e2', undefined],
      ['e1', 'done'],
    ]);
    expect(await second.history(1)).toHaveLength(1);
    await expect(second.readPlan('nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

function start(...parts: string[]): ChildProcess {
  const script = fileURLToPath(new URL('../support/store-process.ts', import.meta.url));
  return spawn(process.execPath, [script, ...parts], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('sqlite across processes', () => {
  test('three processes share one lease and one journal without a gap, and every token is used once', async () => {
    const file = join(directory, 'state.db');
    const store = openSqliteStore(file, systemClock, isAlive);
    const lease = (await store.lease.acquire(ownHolder('test', 'test'), 60_000))!;
    await store.openExecution(header('e'), plan, lease.token);
    await lease.release();
    const children = [1, 2, 3].map(() => start(file, 'append', '10'));
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(ends.map(([code]) => code as number)).toEqual([0, 0, 0]);
    const journal = await store.readJournal('e');
    expect(journal.map((entry) => entry.seq)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(new Set(journal.map((entry) => entry.token)).size).toBe(30);
    await store.close();
  });

  test('the lease of a live process holds, and falls at once when it is killed', async () => {
    const file = join(directory, 'state.db');
    const store = openSqliteStore(file, systemClock, isAlive);
    const child = start(file, 'hold');
    await once(child.stdout!, 'data');
    expect(await store.lease.acquire(ownHolder('test', 'test'), 1000)).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await store.lease.acquire(ownHolder('test', 'test'), 1000)).not.toBeNull();
    await store.close();
  });

  test('the directory is private and a newer schema is refused', async () => {
    const file = join(directory, 'uid', 'state.db');
    await openSqliteStore(file, systemClock, isAlive).close();
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    const raw = new DatabaseSync(file);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    expect(() => openSqliteStore(file, systemClock, isAlive)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }),
    );
  });

  test('where the state lies', () => {
    expect(stateDirectory({ THEMIS_STATE_DIR: '/a', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/a');
    expect(stateDirectory({ THEMIS_STATE_DIR: '', XDG_STATE_HOME: '/b', HOME: '/c' })).toBe('/b/themis');
    expect(stateDirectory({ HOME: '/c' })).toBe('/c/.local/state/themis');
    expect(stateFile({ THEMIS_STATE_DIR: '/a' }, 'u-1')).toBe('/a/u-1/state.db');
    expect(() => stateFile({}, '../x')).toThrow(expect.objectContaining({ code: 'INVALID_DESIRED' }));
  });
});
