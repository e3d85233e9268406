import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filesLoadedFrom, scanArchitecture } from './support/architecture.ts';

const source = fileURLToPath(new URL('../src', import.meta.url));
const tripwire = fileURLToPath(new URL('tripwire/architecture/src', import.meta.url));

test('every import of every file is an arrow the table of rooms allows', () => {
  const scan = scanArchitecture(source);
  expect(scan.files).toBeGreaterThan(30);
  expect(scan.imports).toBeGreaterThan(30);
  expect(scan.violations).toEqual([]);
});

test('the scan sees each kind of forbidden arrow and effect', () => {
  expect(scanArchitecture(tripwire).violations).toEqual([
    'kernel/reaches-up.ts:1: kernel may not import plan',
    'kernel/reaches-up.ts:2: kernel may not use node:fs',
    'kernel/reaches-up.ts:3: kernel may not import plan',
    'kernel/reaches-up.ts:6: import() of something computed',
    'kernel/reaches-up.ts:6: kernel is pure and names process',
    'plan/knows-the-time.ts:2: plan is pure and names Date',
    'plan/knows-the-time.ts:2: plan is pure and names Math.random',
    'plan/knows-the-time.ts:2: plan is pure and names Temporal.Now',
  ]);
});

const sourceFiles = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const isSigner = (file: string): boolean => /^(?:adapters|apps)\/signer\//u.test(file);

test('nothing that runs on a node can reach a signer, and no process of Themis loads a PKCS#11 module', () => {
  const onNodes = sourceFiles.filter((file) => /^(?:node|apps\/agent)\/|^apps\/cli\/commands\/node-/u.test(file));
  expect(onNodes.length).toBeGreaterThan(30);
  expect([...filesLoadedFrom(source, onNodes)].filter(isSigner)).toEqual([]);
  expect([...filesLoadedFrom(source, ['apps/cli/commands/release-sign.ts'])].filter(isSigner)).not.toEqual([]);
  const saying = (pattern: RegExp): string[] =>
    sourceFiles.filter((file) => pattern.test(readFileSync(join(source, file), 'utf8')));
  expect(saying(/\bdlopen\b|node:ffi|\.node['"`]/u)).toEqual([]);
  expect(saying(/'pkcs11-tool'/u)).toEqual(['apps/signer/pkcs11-tool.ts']);
});
