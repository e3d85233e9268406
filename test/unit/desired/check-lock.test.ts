import { expect, test } from 'vitest';
import { checkLock } from '../../../src/desired/check-lock.ts';
import { formatLock } from '../../../src/desired/format-lock.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { resolveLock } from '../../../src/resolve/resolve-lock.ts';
import { catalogueOf, manifestOf } from '../../support/catalogue-of.ts';
import { desiredOf, goodFleet } from '../../support/findings-of.ts';

const [old, now] = [manifestOf('themisdb', '1.4.0'), manifestOf('themisdb', '1.5.0')];
const catalogue = catalogueOf([old, now]);

function lockOf(...releases: readonly ReleaseManifest[]): string {
  return formatLock({
    packages: releases.map(({ package: name, version, manifestHash, platform, architecture }) => ({
      package: name,
      version,
      manifestHash,
      platform,
      architecture,
    })),
  });
}

function codes(lock: string | undefined, releases = catalogue, fleet = goodFleet): readonly string[] {
  const desired = lock === undefined ? desiredOf(fleet) : desiredOf(fleet, lock);
  return checkLock(desired, releases).map(
    ({ code, severity, source }) => `${severity} ${code} ${source?.file ?? ''}:${source?.line ?? 0}`,
  );
}

test('a lock that pins what the Fleet asks for is fine', () => {
  expect(codes(lockOf(now))).toEqual([]);
});

test('what a range resolves to is a lock that satisfies it, through its text', () => {
  const fleet = goodFleet.replace('"1.5.0"', '">=1.0.0"');
  const { lock } = resolveLock(desiredOf(fleet), catalogue);
  expect(desiredOf(fleet, formatLock(lock)).lock).toEqual(lock);
  expect(codes(formatLock(lock), catalogue, fleet)).toEqual([]);
});

test('a missing lock shows what it would hold', () => {
  const [finding] = checkLock(desiredOf(goodFleet), catalogue);
  expect([finding?.code, finding?.source?.line]).toEqual(['THM1301', 3]);
  expect(finding?.summary).toContain(`themisdb 1.5.0 for linux/x64 (${now.manifestHash})`);
});

test('a pin outside the range, and a package without a pin, are found', () => {
  expect(codes(lockOf(old))).toEqual(['error THM1302 1.yaml:6']);
  expect(codes(lockOf())).toEqual(['error THM1302 0.yaml:5']);
});

test('a pin that the releases do not hold, or hold with another hash, is found', () => {
  expect(codes(lockOf(now), catalogueOf([old]))).toEqual(['error THM1304 1.yaml:6']);
  const replaced = manifestOf('themisdb', '1.5.0', { releaseNotes: 'changed' });
  expect(codes(lockOf(now), catalogueOf([replaced]))).toEqual(['error THM1304 1.yaml:6']);
});

test('a pin that was withdrawn is found', () => {
  expect(codes(lockOf(now), catalogueOf([old, now], [now]))).toEqual(['error THM1306 1.yaml:6']);
});

test('why nothing can be locked is told beside the missing lock', () => {
  expect(codes(undefined, catalogueOf([]))).toEqual(['error THM1301 0.yaml:3', 'error THM1307 0.yaml:5']);
});

test('equal locks have equal text, whatever the order of their pins', () => {
  const other = manifestOf('a', '1.0.0');
  expect(lockOf(now, other)).toBe(lockOf(other, now));
  expect(lockOf()).toMatch(/^packages: \[\]$/mu);
});

test('what a pinned release needs must be pinned, in a version that fits, and nothing that nobody needs', () => {
  const main = manifestOf('themisdb', '1.5.0', { dependencies: [{ package: 'base', versionConstraint: '^2' }] });
  const [base, wrong, stray] = [manifestOf('base', '2.1.0'), manifestOf('base', '1.0.0'), manifestOf('stray', '1.0.0')];
  const all = catalogueOf([main, base, wrong, stray]);
  expect(codes(lockOf(main, base), all)).toEqual([]);
  expect(codes(lockOf(main), all)).toEqual(['error THM1302 1.yaml:6']);
  expect(codes(lockOf(main, wrong), all)).toEqual(['error THM1302 1.yaml:11']);
  expect(codes(lockOf(main, base, stray), all)).toEqual(['warning THM1303 1.yaml:11']);
});
