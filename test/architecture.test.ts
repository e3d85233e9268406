import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scanArchitecture } from './support/architecture.ts';

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
