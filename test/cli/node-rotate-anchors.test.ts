/** Anchors from one authority to two and m-of-n releases, from end to end through the commands that people type. */
import { mkdtempSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { runCommand } from '../support/run-command.ts';

let directory: string;
const ran = (...line: string[]) => runCommand(directory, line, systemClock.nowMs());
const keysOf = (name: string): string[] => [
  '--key',
  `${name}/signer.key.pem`,
  '--certificate',
  `${name}/signer.certificate.pem`,
];
const anchorOf = (name: string): string[] => [
  '--key',
  `${name}/ca.key.pem`,
  '--certificate',
  `${name}/ca.certificate.pem`,
];
const rotate = (document: string) => ran('node', 'rotate-anchors', '--document', document, '--root', 'node-a');
const present = (): string => readFileSync(join(directory, 'node-a/trust/anchors.json'), 'utf8');
const text = (file: string): string => readFileSync(join(directory, file), 'utf8');

async function done(...line: string[]): Promise<void> {
  const { exitCode, err } = await ran(...line);
  if (exitCode !== 0) throw new Error(`${line.join(' ')}: ${err}`);
}

beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'themis-rotate-')));
  await done('release', 'keygen', 'one', '--name', 'One');
  await done('release', 'keygen', 'two', '--name', 'Two');
  await done('node', 'init', 'node-a', '--anchors', 'one/anchors.json');
  const authorities = ['--authority', 'One=one/ca.certificate.pem', '--authority', 'Two=two/ca.certificate.pem'];
  await done('release', 'anchors', 'both.json', ...authorities, '--threshold', '2', '--document-version', '2');
  await done('release', 'anchors', 'two.json', ...authorities.slice(2), '--document-version', '3');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('anchors change under the signatures of the present ones, and of nobody else', async () => {
  const first = present();
  expect(await rotate('both.json')).toMatchObject({ exitCode: 4, err: expect.stringContaining('UNSIGNED') as string });
  // A key that signs releases may not even try.
  expect(await ran('release', 'sign-anchors', 'both.json', ...keysOf('one'))).toMatchObject({ exitCode: 4 });
  await done('release', 'sign-anchors', 'both.json', ...anchorOf('two'));
  expect(await rotate('both.json')).toMatchObject({ exitCode: 4 });
  expect(present()).toBe(first);
  await done('release', 'sign-anchors', 'both.json', ...anchorOf('one'));
  expect(await rotate('both.json')).toMatchObject({ exitCode: 0 });
  expect(present()).toBe(text('both.json'));
  // Again, or back, it does not go.
  expect(await rotate('both.json')).toMatchObject({ exitCode: 4 });
  await done('release', 'sign-anchors', 'one/anchors.json', ...anchorOf('one'));
  expect(await rotate('one/anchors.json')).toMatchObject({ exitCode: 4 });
  // More than half of two is both.
  await done('release', 'sign-anchors', 'two.json', ...anchorOf('two'));
  expect(await rotate('two.json')).toMatchObject({ exitCode: 4 });
  await done('release', 'sign-anchors', 'two.json', '--cosign', ...anchorOf('one'));
  expect(await rotate('two.json')).toMatchObject({ exitCode: 0 });
  expect(present()).toBe(text('two.json'));
  const trail = text('node-a/state/audit.jsonl');
  expect(trail.match(/"anchors-rotated"/gu)).toHaveLength(2);
  expect(trail.match(/"rotation-refused"/gu)).toHaveLength(5);
});

test('where two have to sign, one is refused, and the same one twice', async () => {
  mkdirSync(join(directory, 'releases/db-1.0.0'), { recursive: true });
  writeFileSync(join(directory, 'releases/db-1.0.0/file'), 'x');
  await done('release', 'build', 'releases/db-1.0.0', '--package', 'db', '--version', '1.0.0');
  await done('release', 'sign', 'releases/db-1.0.0', ...keysOf('one'));
  await done('release', 'index', 'releases', ...keysOf('one'));
  const verify = () => ran('release', 'verify', 'releases', '--anchors', 'both.json');
  expect(await verify()).toMatchObject({ exitCode: 4, out: expect.stringContaining('CMS_SIGNER_TOO_FEW') as string });
  expect(await ran('release', 'sign', 'releases/db-1.0.0', '--cosign', ...keysOf('one'))).toMatchObject({
    exitCode: 4,
  });
  await done('release', 'sign', 'releases/db-1.0.0', '--cosign', ...keysOf('two'));
  expect(await verify()).toMatchObject({ exitCode: 4 });
  await done('release', 'sign', 'releases', '--cosign', ...keysOf('two'));
  expect(await verify()).toMatchObject({ exitCode: 0 });
});
