/** The demo's database as real processes: one leader, a drain that waits and hands over, a health that tells. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePorts } from '../../src/apps/demo/free-ports.ts';
import { defaultSignals } from '../../src/desired/normalise.ts';
import { labelTest, parseSelector } from '../../src/adapters/metrics/selector.ts';
import { parseTextFormat, type Sample } from '../../src/adapters/metrics/text-format.ts';

interface Health {
  readonly code: number;
  readonly status: string;
  readonly role: string;
  readonly version: string;
  readonly leader: string | null;
  readonly replicationLagMs: number | null;
  readonly underReplicatedGroups: number | null;
  readonly membersUp: number | null;
}

const names = ['a', 'b', 'c'];
let directory: string;
let ports: number[];
const children: ChildProcess[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'themis-server-'));
  cpSync(fileURLToPath(new URL('../../src/apps/demo/server', import.meta.url)), join(directory, 'lib'), {
    recursive: true,
  });
  mkdirSync(join(directory, 'share'));
  writeFileSync(join(directory, 'share/version.json'), '{"version":"1.5.0"}');
  ports = await freePorts(3);
  const peers = names.map((name, index) => ({ name, url: `http://127.0.0.1:${ports[index]}` }));
  for (const [index, name] of names.entries()) {
    const config = {
      name,
      port: ports[index],
      data: `data-${name}`,
      peers: peers.filter((peer) => peer.name !== name),
      electionMs: 400,
      ...(name === 'b' ? { faults: { '1.5.0': { errorRate: 0.25, latencyMs: 20 } } } : {}),
    };
    writeFileSync(
      join(directory, `${name}.json`),
      JSON.stringify(name === 'c' ? { ...config, brokenVersions: ['1.5.0'] } : config),
    );
    children.push(
      spawn(process.execPath, ['lib/main.ts', '--config', `${name}.json`], { cwd: directory, stdio: 'ignore' }),
    );
  }
});
afterAll(async () => {
  const alive = children.filter((child) => child.exitCode === null && child.signalCode === null);
  await Promise.all(alive.map((child) => new Promise((resolve) => child.once('exit', resolve).kill())));
  rmSync(directory, { recursive: true });
});

async function health(index: number): Promise<Health | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${ports[index]}/health`);
    return { code: response.status, ...((await response.json()) as Omit<Health, 'code'>) };
  } catch {
    return undefined; // Not up yet.
  }
}

async function leaderAmong(): Promise<number> {
  const all = await eventually(
    () => Promise.all(names.map((_, index) => health(index))),
    (answers) =>
      answers.filter((answer) => answer?.role === 'leader').length === 1 &&
      answers.every((answer) => answer?.leader === answers[0]?.leader),
  );
  return all.findIndex((answer) => answer?.role === 'leader');
}

test('exactly one leads, and never the broken one', async () => {
  expect([0, 1]).toContain(await leaderAmong());
  expect(await health(2)).toMatchObject({ code: 503, status: 'unhealthy', role: 'follower', version: '1.5.0' });
});

/** The series of one signal on a server, by the names that gates use when nobody says otherwise. */
async function series(index: number, signal: keyof typeof defaultSignals): Promise<readonly Sample[]> {
  const text = await (await fetch(`http://127.0.0.1:${ports[index]}/metrics`)).text();
  const selector = parseSelector(defaultSignals[signal]);
  const name = signal === 'duration' ? `${selector.name}_bucket` : selector.name;
  const test = labelTest(selector);
  return parseTextFormat(text, new Set([name])).filter(({ labels }) => test(labels));
}

async function total(index: number, signal: keyof typeof defaultSignals): Promise<number> {
  return (await series(index, signal)).reduce((sum, { value }) => sum + value, 0);
}

test('every signal that gates know by default is there, failures from the start', async () => {
  for (const signal of Object.keys(defaultSignals) as (keyof typeof defaultSignals)[]) {
    expect([signal, (await series(0, signal)).length]).not.toEqual([signal, 0]);
  }
  expect(await total(0, 'memoryLimit')).toBeGreaterThan(await total(0, 'memory'));
  expect(await total(0, 'cpus')).toBeGreaterThanOrEqual(1);
  const before = await total(0, 'cpu');
  await fetch(`http://127.0.0.1:${ports[0]}/query`);
  expect(await total(0, 'cpu')).toBeGreaterThan(before);
});

test('a fault of a version fails its share of the queries and makes all of them slow, in good health', async () => {
  const before = await total(1, 'requests');
  const codes: number[] = [];
  for (let count = 0; count < 20; count += 1) {
    const startedMs = performance.now();
    codes.push((await fetch(`http://127.0.0.1:${ports[1]}/query?ms=0`)).status);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(19);
  }
  expect(codes.filter((code) => code === 500)).toHaveLength(5);
  expect(await total(1, 'requests')).toBe(before + 20);
  expect([await total(1, 'failedRequests'), await total(1, 'failedTransactions')]).toEqual([5, 5]);
  expect(await health(1)).toMatchObject({ code: 200 });
  expect((await fetch(`http://127.0.0.1:${ports[0]}/query`)).status).toBe(200);
  expect(await total(0, 'failedRequests')).toBe(0);
});

test('a drain answers after the open query, and leadership is elsewhere by then', async () => {
  const leader = await leaderAmong();
  const events: string[] = [];
  const query = fetch(`http://127.0.0.1:${ports[leader]}/query?ms=600`).then((response) =>
    events.push(`query ${response.status}`),
  );
  await eventually(
    async () => await (await fetch(`http://127.0.0.1:${ports[leader]}/metrics`)).text(),
    (text) => text.includes('themisdb_open_queries 1'),
  );
  const drained = fetch(`http://127.0.0.1:${ports[leader]}/drain`, { method: 'POST' }).then(() =>
    events.push('drained'),
  );
  await Promise.all([query, drained]);
  expect(events).toEqual(['query 200', 'drained']);
  expect((await fetch(`http://127.0.0.1:${ports[leader]}/query`)).status).toBe(503);
  expect(await leaderAmong()).toBe(1 - leader);
  await fetch(`http://127.0.0.1:${ports[leader]}/rejoin`, { method: 'POST' });
  expect(await health(leader)).toMatchObject({ code: 200, status: 'healthy' });
});

test('SIGKILL of the leader moves leadership, and its vote survives', async () => {
  const leader = await leaderAmong();
  const term = async (index: number): Promise<number> => ((await health(index)) as unknown as { term: number }).term;
  const before = await term(leader);
  children[leader]!.kill('SIGKILL');
  children[leader] = spawn(process.execPath, ['lib/main.ts', '--config', `${names[leader]}.json`], {
    cwd: directory,
    stdio: 'ignore',
  });
  await eventually(
    () => health(leader),
    (answer) => answer !== undefined,
  );
  expect(await term(leader)).toBeGreaterThanOrEqual(before);
  await leaderAmong();
});

test('members see who is up, how far behind they are, and when copies are missing', async () => {
  const leader = await leaderAmong();
  const all = (): Promise<(Health | undefined)[]> => Promise.all(names.map((_, index) => health(index)));
  await eventually(all, (answers) =>
    answers.every((answer) => answer?.membersUp === 3 && answer.underReplicatedGroups === 0),
  );
  for (const [index, answer] of (await all()).entries()) {
    expect(answer?.replicationLagMs).toBeLessThan(index === leader ? 1 : 2000);
  }
  children[2]!.kill('SIGKILL');
  await eventually(all, (answers) =>
    [0, 1].every((index) => answers[index]?.membersUp === 2 && answers[index].underReplicatedGroups === 1),
  );
  // A follower whose leader is gone is not told of a new one: it has no quorum.
  children[leader]!.kill('SIGKILL');
  const other = 1 - leader;
  await eventually(
    () => health(other),
    (answer) => answer?.leader === null && answer.membersUp === null && answer.replicationLagMs === null,
  );
});
