/** Commands of a fleet whose releases lie on an HTTP server: what they ask for, and what they need not ask for again. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultServer, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
import { nowMs } from '../support/pki.ts';
import { type Ran, runCommand } from '../support/run-command.ts';

let root: string;
let server: FaultServer;
let fault: FaultServerOptions['fault'];
/** Of the releases directory, as the server shows it. */
const files = new Map<string, Uint8Array>();
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-http-'));
  files.clear();
  fault = undefined;
  server = await startFaultServer({ files, fault: (request) => fault?.(request) });
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const anchors = ['--anchors', 'keys/anchors.json'];
const themis = async (line: readonly string[], atMs = nowMs): Promise<Ran> =>
  await runCommand(root, line, atMs, { THEMIS_STATE_DIR: join(root, 'state') });

async function release(version: string, ...more: string[]): Promise<void> {
  const directory = `releases/db-${version}`;
  await mkdir(join(root, directory), { recursive: true });
  await writeFile(join(root, directory, 'server'), version);
  await themis(['release', 'build', directory, '--package', 'db', '--version', version, ...more]);
  await themis(['release', 'sign', directory, ...keys]);
}

async function index(): Promise<void> {
  expect((await themis(['release', 'index', 'releases', ...keys])).exitCode).toBe(0);
  files.clear();
  for (const entry of await readdir(join(root, 'releases'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(join(root, 'releases/').length), await readFile(path));
  }
}

async function fleet(): Promise<void> {
  await themis(['release', 'keygen']);
  for (let minor = 0; minor < 20; minor += 1) await release(`1.${minor}.0`);
  await index();
  const text = `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: 0b5c2f6e-0000-4000-8000-000000000001 }
spec:
  packages: { db: "<1.20" }
  releases: { http: { url: "${server.url}" } }
  nodes:
    - { name: node-a, transport: { local: { root: ./nodes/node-a } } }
`;
  await writeFile(join(root, 'fleet.yaml'), text);
}

/** Since it was asked last, without the manifests of releases. */
let seen = 0;
function asked(): string[] {
  const paths = server.requests.slice(seen).map(({ target }) => target.replace(/^\/index\/.*/u, 'changes'));
  seen = server.requests.length;
  return paths.filter((path) => !path.endsWith('/release.json'));
}

describe('the index of a far source', () => {
  it('is kept in the state directory; from then on a command reads what changed since', async () => {
    seen = 0;
    await fleet();
    expect((await themis(['lock'])).exitCode).toBe(0);
    expect(asked().toSorted()).toEqual(['/index.json', '/index.json.p7s']);
    await release('1.20.0');
    await index();
    const upgraded = await themis(['lock', '--upgrade']);
    expect(upgraded.exitCode).toBe(0);
    expect(asked()).toEqual(['/index.json.p7s', 'changes']);
    expect((await themis(['lock', '--check'])).exitCode).toBe(0);
    expect(asked()).toEqual(['/index.json.p7s']);
    const state = join(root, 'state/0b5c2f6e-0000-4000-8000-000000000001/releases');
    const [kept] = await readdir(state);
    await writeFile(join(state, kept!), 'damaged');
    expect((await themis(['lock', '--check'])).exitCode).toBe(0);
    expect(asked()).toEqual(['/index.json', '/index.json.p7s']);
  });

  it('is looked at once in an interval by release check, with as few requests as other commands', async () => {
    seen = 0;
    await fleet();
    await themis(['lock']);
    asked();
    const hourMs = 3_600_000;
    for (const at of [0, 1, hourMs - 1]) {
      const ran = await themis(['release', 'check', '--detailed-exitcode'], nowMs + at);
      expect([ran.exitCode, ran.out.includes('kept since')]).toEqual([0, at > 0]);
    }
    expect(asked()).toEqual(['/index.json.p7s']);
    const sent = server.bytesSent;
    expect((await themis(['release', 'check', ...anchors], nowMs + hourMs)).exitCode).toBe(0);
    expect(asked()).toEqual(['/index.json.p7s']);
    expect(server.bytesSent).toBe(sent);
    await release('1.19.1', '--critical', '--counter', '21');
    await index();
    expect((await themis(['release', 'check', '--detailed-exitcode'], nowMs + 2 * hourMs)).exitCode).toBe(2);
    expect(asked()).toEqual(['/index.json.p7s', 'changes']);
    // Kept by one who believed everybody, judged by one who does not.
    const judged = await themis(['release', 'check', ...anchors, '--detailed-exitcode'], nowMs + 2 * hourMs + 1);
    expect([judged.exitCode, asked()]).toEqual([2, []]);
  });

  it('is asked for no second time by release check where the server does not answer', async () => {
    seen = 0;
    await fleet();
    await themis(['release', 'check']);
    asked();
    const hourMs = 3_600_000;
    fault = () => 'unavailableInSilence';
    const ran = await themis(['release', 'check', '-o', 'json'], nowMs + hourMs);
    expect(JSON.parse(ran.out)).toMatchObject({ asked: true, failure: expect.stringContaining('503') });
    expect(asked()).toEqual(['/index.json.p7s']);
    const again = await themis(['release', 'check', '-o', 'json'], nowMs + hourMs + 1);
    expect(JSON.parse(again.out)).toMatchObject({ asked: false, failure: expect.stringContaining('503') });
    expect(asked()).toEqual([]);
    await themis(['lock', '--check'], nowMs + hourMs);
    expect(asked()).toHaveLength(3);
  });

  it('does not go back to an older one, which would hide what the one before told', async () => {
    await fleet();
    await themis(['lock']);
    const older = new Map(files);
    await release('1.19.1', '--critical');
    await index();
    const check = ['release', 'check', '--detailed-exitcode', '--interval', '0s'];
    expect((await themis([...check, ...anchors])).out).toContain('~ 1.19.1 critical');
    files.clear();
    for (const [path, bytes] of older) files.set(path, bytes);
    // Another command that reads the older one does not make it the one that is known.
    expect((await themis(['lock', '--upgrade'])).exitCode).toBe(0);
    const refused = await themis([...check, ...anchors]);
    expect([refused.exitCode, refused.error?.reason, refused.out]).toEqual([4, 'INDEX_ROLLED_BACK', '']);
    expect(refused.error?.message).toContain('has counter 1; one with 2 was seen before');
    const told = await themis(check);
    expect([told.exitCode, told.out]).toEqual([2, expect.stringContaining('~ 1.19.1 critical')]);
    expect(told.out).toContain('The last look was in vain: index.json: The index of');
  });
});
