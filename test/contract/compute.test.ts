import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { openCompute } from '../../src/adapters/compute/index.ts';
import type { WorkerThreadsOptions } from '../../src/adapters/compute/worker-threads.ts';
import { ThemisError } from '../../src/kernel/error.ts';
import type { Compute } from '../../src/ports/compute.ts';
import { type TestTasks, testTasks } from '../support/compute/tasks.ts';

const entry = new URL('../support/compute/worker.ts', import.meta.url);
const opened: Compute<TestTasks>[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((compute) => compute.close()));
});

function workers(over: Partial<WorkerThreadsOptions> = {}): Compute<TestTasks> {
  const compute = openCompute<TestTasks>({ kind: 'worker-threads', entry, size: 2, ...over });
  opened.push(compute);
  return compute;
}

function inline(): Compute<TestTasks> {
  const compute = openCompute<TestTasks>({ kind: 'inline', tasks: testTasks });
  opened.push(compute);
  return compute;
}

describe.each([
  ['worker-threads', workers],
  ['inline', inline],
])('compute: %s', (_, open) => {
  test('a task answers', async () => {
    expect(await open().run('double', 21)).toBe(42);
  });

  test('many tasks at once each get their own answer, whatever order they were asked in', async () => {
    const compute = open();
    const values = Array.from({ length: 500 }, (_, index) => index);
    const doubled = (numbers: readonly number[]) =>
      Promise.all(numbers.map(async (value) => [value, await compute.run('double', value)]));
    const [forwards, backwards] = await Promise.all([doubled(values), doubled(values.toReversed())]);
    expect(forwards).toEqual(values.map((value) => [value, value * 2]));
    expect(backwards.toReversed()).toEqual(forwards);
  });

  test('a ThemisError keeps code, message, reason and hint, and loses its cause', async () => {
    const error: unknown = await open()
      .run('refuse', null)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ThemisError);
    expect(error).not.toHaveProperty('cause');
    expect(error).toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: 'The content is not what was signed.',
      reason: 'CMS_MESSAGE_DIGEST_MISMATCH',
      hint: 'Fetch it again.',
    });
  });

  test('any other error is a bug of the task', async () => {
    await expect(open().run('fail', null)).rejects.toMatchObject({ code: 'BUG', message: /x is not a function/u });
  });

  test('a name that is no task, not even an inherited one, is BUG', async () => {
    const compute = open() as unknown as Compute<Record<string, { input: unknown; output: unknown }>>;
    await expect(compute.run('toString', null)).rejects.toMatchObject({ code: 'BUG' });
    await expect(compute.run('nothing', null)).rejects.toMatchObject({ code: 'BUG' });
  });

  test('what is not plain data crosses in neither direction, and harms nothing else', async () => {
    const compute = open();
    const withMethod = { call: () => 1 } as unknown as number;
    await expect(compute.run('double', withMethod)).rejects.toMatchObject({ code: 'BUG' });
    await expect(compute.run('method', null)).rejects.toMatchObject({ code: 'BUG' });
    expect(await compute.run('double', 4)).toBe(8);
  });

  test('bytes are copied, unless they are handed over or shared', async () => {
    const compute = open();
    const kept = new Uint8Array([1, 2, 3]);
    expect(await compute.run('sum', kept)).toBe(6);
    expect(kept.length).toBe(3);

    const given = new Uint8Array([4, 5, 6]);
    expect(await compute.run('sum', given, { transfer: [given.buffer] })).toBe(15);
    expect(given.length).toBe(0);

    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(2);
    expect(await compute.run('sum', shared)).toBe(6);
  });

  test('a task hands over its output', async () => {
    const compute = open();
    for (const moved of [true, false]) {
      expect(await compute.run('fill', { length: 1000, moved })).toEqual(new Uint8Array(1000).fill(7));
    }
  });

  test('a task is cancelled before it starts, and while it runs', async () => {
    const compute = open();
    await expect(compute.run('double', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    const stop = new AbortController();
    const running = compute.run('never', null, { signal: stop.signal });
    await compute.run('double', 1);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await compute.run('double', 5)).toBe(10);
  });

  test('aborting after the answer changes nothing', async () => {
    const compute = open();
    const stop = new AbortController();
    expect(await compute.run('double', 1, { signal: stop.signal })).toBe(2);
    stop.abort();
    expect(await compute.run('double', 2)).toBe(4);
  });

  test('closing cancels what runs and what is asked later; closing again is no error', async () => {
    const compute = open();
    const ends = Array.from({ length: 4 }, () =>
      compute.run('never', null).catch((error: { code: string }) => error.code),
    );
    await compute.close();
    expect(await Promise.all(ends)).toEqual(Array.from({ length: 4 }, () => 'CANCELLED'));
    await expect(compute.run('double', 1)).rejects.toMatchObject({ code: 'CANCELLED' });
    await compute.close();
  });
});

describe('compute: worker threads alone', () => {
  test.each(['exit', 'escape'] as const)('a worker that dies of a task (%s) fails only that task', async (task) => {
    const compute = workers();
    const others = Array.from({ length: 20 }, (_, index) => compute.run('double', index));
    const dying = task === 'exit' ? compute.run('exit', 0) : compute.run('escape', null);
    const after = Array.from({ length: 20 }, (_, index) => compute.run('double', index));
    await expect(dying).rejects.toMatchObject({ code: 'BUG' });
    const doubled = Array.from({ length: 20 }, (_, index) => index * 2);
    expect(await Promise.all(others)).toEqual(doubled);
    expect(await Promise.all(after)).toEqual(doubled);
  });

  test('a worker that hangs is ended and replaced', async () => {
    const compute = workers({ size: 1, timeoutMs: 400 });
    const first = await compute.run('thread', null);
    const hanging = compute.run('spin', null);
    const waiting = compute.run('thread', null);
    await expect(hanging).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await waiting).not.toBe(first);
  });

  test('cancelling a task that does not yield ends its worker, and no other', async () => {
    const compute = workers();
    const stop = new AbortController();
    const spinning = compute.run('spin', null, { signal: stop.signal });
    const first = await compute.run('thread', null);
    stop.abort();
    await expect(spinning).rejects.toMatchObject({ code: 'CANCELLED' });
    const threads = await Promise.all(Array.from({ length: 8 }, () => compute.run('thread', null)));
    expect(threads).toContain(first);
  });

  test('what is cancelled in the queue is never started', async () => {
    const compute = workers({ size: 1 });
    const stop = new AbortController();
    const first = compute.run('double', 1);
    const queued = compute.run('exit', 0, { signal: stop.signal });
    const third = compute.run('double', 3);
    stop.abort();
    await expect(queued).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await Promise.all([first, third])).toEqual([2, 6]);
  });

  test('a worker starts only when all others are busy, and is used again', async () => {
    const compute = workers({ size: 4 });
    const threads = new Set<number>();
    for (let turn = 0; turn < 5; turn += 1) threads.add(await compute.run('thread', null));
    expect(threads.size).toBe(1);
  });

  test('a worker that cannot start fails its task', async () => {
    const compute = workers({ entry: new URL('../support/compute/no-such-file.ts', import.meta.url) });
    await expect(compute.run('double', 1)).rejects.toMatchObject({ code: 'BUG' });
  });

  test('an idle worker does not keep the process alive', () => {
    const program = fileURLToPath(new URL('../support/compute/leaves.ts', import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '42\n' });
  });
});
