/** A saved plan that has to be signed: by whom, over what, and before anything else is looked at. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveFleet } from '../support/live/live-fleet.ts';

const keysOf = (name: string): string[] => [
  '--key',
  `${name}/signer.key.pem`,
  '--certificate',
  `${name}/signer.certificate.pem`,
];
const plan = 'p.themisplan';
const anchors = ['--anchors', 'keys/anchors.json'];

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 1 });
  await fleet.line('release', 'keygen', '../stranger', '--name', 'Stranger');
  await fleet.askFor('1.5.0');
}, 120_000);
afterAll(() => fleet.remove());

const planned = async (...line: string[]): Promise<void> => {
  expect((await fleet.themis('plan', '--out', plan, ...line)).code).toBe(0);
};

test('is refused unsigned, altered or signed by a stranger, whatever else is wrong with it', async () => {
  const refused = async (code: string, ...more: string[]): Promise<void> => {
    const ran = await fleet.themis('apply', plan, ...anchors, ...more);
    expect([ran.code, ran.err]).toEqual([4, expect.stringContaining(code)]);
    expect((await fleet.themis('show', plan, ...anchors)).code).toBe(4);
    expect(ran.out).toBe('');
  };
  await planned(...keysOf('keys'));
  fleet.edit(plan, (text) => text.replace('1.5.0', '1.5.1'));
  await refused('CMS_MESSAGE_DIGEST_MISMATCH', '--dry-run');
  fleet.write(plan, 'no plan at all');
  await refused('CMS_MESSAGE_DIGEST_MISMATCH');
  await planned(...keysOf('../stranger'));
  await refused('PATH_NO_ANCHOR');
  // Saved over a signed one it has no signature any more.
  await planned();
  expect(existsSync(fleet.file(`${plan}.p7s`))).toBe(false);
  await refused('carries no signature');
  const made = await fleet.themis('apply', '--auto-approve', ...anchors);
  expect([made.code, made.err]).toEqual([64, expect.stringContaining('saved plan')]);
  expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));
}, 60_000);

test('is shown with who signed it and applied, and a second signer signs beside the first', async () => {
  await planned(...keysOf('keys'));
  const text = readFileSync(fleet.file(plan), 'utf8');
  const shown = await fleet.themis('show', plan, '-o', 'json', ...anchors);
  expect([shown.code, shown.out, shown.err]).toEqual([0, text, expect.stringContaining('Signed by CN=')]);
  const both = ['--authority', 'one=keys/ca.certificate.pem', '--authority', 'two=../stranger/ca.certificate.pem'];
  await fleet.line('release', 'anchors', '../both.json', ...both, '--threshold', '2');
  expect((await fleet.themis('apply', plan, '--anchors', '../both.json')).code).toBe(4);
  await fleet.line('sign-plan', plan, '--cosign', ...keysOf('../stranger'));
  const ran = await fleet.themis('apply', plan, '--anchors', '../both.json');
  expect([ran.code, ran.err]).toEqual([0, expect.stringMatching(/Signed by CN=.* and CN=/u)]);
  expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
}, 60_000);

test('is not saved where its key is missing or nothing is saved, and altered it is not signed', async () => {
  rmSync(fleet.file(plan));
  expect((await fleet.themis('plan', ...keysOf('keys'))).code).toBe(64);
  expect((await fleet.themis('plan', '--out', plan, ...keysOf('nobody'))).code).not.toBe(0);
  expect(existsSync(fleet.file(plan))).toBe(false);
  await planned();
  fleet.edit(plan, (text) => text.replace('"complete": true', '"complete": false'));
  const ran = await fleet.themis('sign-plan', plan, ...keysOf('keys'));
  expect([ran.code, existsSync(fleet.file(`${plan}.p7s`))]).toEqual([8, false]);
}, 60_000);
