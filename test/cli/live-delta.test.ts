/** A running fleet whose nodes fetch patches: one delta, a chain of two, and a damaged patch in it. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/node/trust/audit.ts';
import type { ReleaseDelta } from '../../src/model/delta.ts';
import { programOf } from '../support/delta/node-delta.ts';
import { LiveFleet, signer } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({
    nodes: 1,
    payload: (version) => ({
      'share/one': programOf(version, 'one', 5000),
      'share/two': programOf(version, 'two', 5000),
    }),
  });
}, 120_000);
afterAll(() => fleet.remove());

const node = 'node-a';

function audit(): AuditEntry[] {
  const lines = readFileSync(fleet.inNode(node, 'state/audit.jsonl'), { encoding: 'utf8', flag: 'a+' }).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEntry);
}

async function makeDelta(from: string, to: string): Promise<string> {
  const options = ['--algorithms', 'VCDIFF', '--workers', '1', ...signer, '--index'];
  await fleet.line('release', 'delta', '--from', from, '--to', to, 'releases', ...options);
  return `releases/deltas/themisdb-${from}-${to}`;
}

/** The same number of bytes, one of them another. */
function damage(path: string): void {
  const bytes = readFileSync(fleet.file(path));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(fleet.file(path), bytes);
}

async function apply(version: string): Promise<string> {
  await fleet.askFor(version);
  const ran = await fleet.themis('apply', '--auto-approve');
  expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('done')]);
  expect(fleet.installed()).toEqual(fleet.all(version));
  for (const name of ['one', 'two'])
    expect(readFileSync(fleet.inNode(node, `install/share/${name}`), 'utf8')).toBe(programOf(version, name, 5000));
  expect(await fleet.serving()).toEqual(fleet.all(version));
  return ran.err;
}

test('1.4 becomes 1.5 by a delta: of the files that it patches nothing else is read', async () => {
  const delta = await makeDelta('1.4.0', '1.5.0');
  // Whoever read one of them whole would refuse the release.
  for (const name of ['one', 'two']) damage(`releases/themisdb-1.5.0/share/${name}`);
  const patches = readdirSync(fleet.file(`${delta}/patches`));
  const patchBytes = patches.reduce((sum, name) => sum + statSync(fleet.file(`${delta}/patches/${name}`)).size, 0);
  expect(patchBytes).toBeLessThan(programOf('1.5.0', 'one', 5000).length / 10);
  await apply('1.5.0');
  expect(audit()).toEqual([]);
}, 120_000);

test('a chain of two leads from 1.5.0 to 1.5.2; of the file whose patch is damaged, and of it alone, the whole is read', async () => {
  for (const name of ['one', 'two'])
    fleet.write(`releases/themisdb-1.5.0/share/${name}`, programOf('1.5.0', name, 5000));
  for (const version of ['1.5.1', '1.5.2']) await fleet.addRelease(version);
  await makeDelta('1.5.0', '1.5.1');
  const second = await makeDelta('1.5.1', '1.5.2');
  damage('releases/themisdb-1.5.2/share/one');
  const delta = JSON.parse(readFileSync(fleet.file(`${second}/delta.json`), 'utf8')) as ReleaseDelta;
  damage(`${second}/${delta.files.find(({ path }) => path === 'share/two')!.patchUrl}`);
  const said = await apply('1.5.2');
  expect(said).toMatch(/node\/node-a: share\/two comes whole, not by the VCDIFF patch from 1\.5\.0: /u);
  expect(audit()).toMatchObject([{ kind: 'patch-refused', detail: expect.stringContaining('share/two comes whole') }]);
}, 120_000);
