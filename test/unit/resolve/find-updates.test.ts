import { describe, expect, it } from 'vitest';
import type { Lock } from '../../../src/model/desired.ts';
import type { PackageUpdates, ReleaseIndexEntry } from '../../../src/model/release.ts';
import { findUpdates } from '../../../src/resolve/find-updates.ts';

type Machine = Pick<ReleaseIndexEntry, 'platform' | 'architecture'>;
const any: Machine = { platform: 'any', architecture: 'any' };
const hashOf = (name: string, version: string, { platform }: Machine): `sha256:${string}` =>
  `sha256:${Buffer.from(`${name} ${version} ${platform}`).toString('hex').padEnd(64, '0').slice(-64)}`;

const entry = (
  version: string,
  over: Partial<ReleaseIndexEntry> = {},
  name = 'db',
  machine: Machine = any,
): ReleaseIndexEntry => ({
  package: name,
  version,
  ...machine,
  manifestHash: hashOf(name, version, machine),
  url: `${name}-${version}/release.json`,
  critical: false,
  ...over,
});

const lockOf = (...pins: readonly [name: string, version: string, machine?: Machine][]): Lock =>
  ({
    packages: pins.map(([name, version, machine = any]) => ({
      package: name,
      version,
      manifestHash: hashOf(name, version, machine),
      ...machine,
    })),
  }) as unknown as Lock;

const find = (
  entries: readonly ReleaseIndexEntry[],
  lock: Lock | undefined = lockOf(['db', '1.4.0']),
  packages: Readonly<Record<string, string>> = { db: '>=1.4 <2' },
  criticalOnly = false,
): PackageUpdates[] => findUpdates({ packages, lock, entries, criticalOnly });

const said = (releases: PackageUpdates['newer']): string[] =>
  releases.map(({ version, critical }) => `${version}${critical ? '!' : ''}`);

describe('newer releases', () => {
  it('are those above the pin and within the range, critical ones first, then the newest', () => {
    const versions = ['1.3.0', '1.4.0', '1.4.1', '1.10.0', '1.5.0', '2.0.0', '1.6.0-rc.1'];
    const entries = versions.map((version) => entry(version, { critical: version === '1.4.1' || version === '2.0.0' }));
    const [updates] = find(entries);
    expect(said(updates!.newer)).toEqual(['1.4.1!', '1.10.0', '1.5.0']);
    expect(said(updates!.outside)).toEqual(['2.0.0!', '1.6.0-rc.1']);
    expect(updates).toMatchObject({ package: 'db', range: '>=1.4 <2', pinned: ['1.4.0'], withdrawn: [] });
    const [critical] = find(entries, lockOf(['db', '1.4.0']), { db: '>=1.4 <2' }, true);
    expect([said(critical!.newer), said(critical!.outside)]).toEqual([['1.4.1!'], ['2.0.0!']]);
  });

  it('are never withdrawn ones; that the pin was is said', () => {
    const [updates] = find([entry('1.4.0', { yanked: true }), entry('1.5.0', { yanked: true }), entry('1.6.0')]);
    expect([said(updates!.newer), updates!.withdrawn]).toEqual([['1.6.0'], ['1.4.0']]);
  });

  it('are none where a fleet asks for one version; without a lock the newest that fits is one', () => {
    const entries = [entry('1.4.0'), entry('1.5.0'), entry('1.6.0')];
    const [exact] = find(entries, lockOf(['db', '1.4.0']), { db: '1.4.0' });
    expect([said(exact!.newer), said(exact!.outside)]).toEqual([[], ['1.6.0', '1.5.0']]);
    const [unlocked] = findUpdates({ packages: { db: '<1.6' }, lock: undefined, entries, criticalOnly: false });
    expect([said(unlocked!.newer), unlocked!.pinned, unlocked!.outside]).toEqual([['1.5.0'], [], []]);
  });

  it('are for the machines that are pinned; one version is told once', () => {
    const [linux, macos, arm] = [
      { platform: 'linux', architecture: 'x64' },
      { platform: 'macos', architecture: 'arm64' },
      { platform: 'linux', architecture: 'arm64' },
    ] as const;
    const lock = lockOf(['db', '1.5.0', linux], ['db', '1.4.0', macos]);
    const [updates] = find(
      [
        entry('1.5.0', {}, 'db', linux),
        entry('1.5.0', { critical: true }, 'db', macos),
        entry('1.6.0', {}, 'db', linux),
        entry('1.6.0', {}, 'db', macos),
        entry('1.7.0', {}, 'db', arm),
      ],
      lock,
    );
    expect(updates!.newer).toEqual([
      { version: '1.5.0', critical: true, platforms: ['macos/arm64'] },
      { version: '1.6.0', critical: false, platforms: ['linux/x64', 'macos/arm64'] },
    ]);
    expect(updates!.pinned).toEqual(['1.4.0', '1.5.0']);
  });

  it('come with the packages that have critical ones first; what others need is outside, for nothing says what fits', () => {
    const lock = lockOf(['db', '1.4.0'], ['query', '1.0.0'], ['tools', '1.0.0']);
    const entries = [entry('1.5.0'), entry('1.1.0', { critical: true }, 'tools'), entry('1.1.0', {}, 'query')];
    const updates = find(entries, lock, { db: '1', tools: '1' });
    expect(updates.map((each) => [each.package, each.range, said(each.newer), said(each.outside)])).toEqual([
      ['tools', '1', ['1.1.0!'], []],
      ['db', '1', ['1.5.0'], []],
      ['query', null, [], ['1.1.0']],
    ]);
  });
});
