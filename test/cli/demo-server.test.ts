/** The demo's database as real processes: one leader, a drain that waits and hands over, a health that tells. */
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePorts } from '../../src/apps/demo/free-ports.ts';

interface Health {
  readonly code: number;
  readonly status: string;
  readonly role: string;
  readonly version: string;
  readonly leader: string | null;
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
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve).kill())));
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
