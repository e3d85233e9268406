import { describe, expect, it } from 'vitest';
import type { ReleaseFile } from '../../../../src/model/release.ts';
import { pairFiles } from '../../../../src/release/delta/pair-files.ts';
import { fileOf } from '../../../support/releases.ts';

const text = (length: number, letter = 'a'): string => letter.repeat(length);

function paired(from: readonly ReleaseFile[], to: readonly ReleaseFile[]): Record<string, string> {
  const { pairs, reused, fresh } = pairFiles({ files: from }, { files: to });
  return Object.fromEntries([
    ...pairs.map(({ base, target }) => [target.path, base.path]),
    ...reused.map(({ path }) => [path, 'reused']),
    ...fresh.map(({ path }) => [path, 'fresh']),
  ]);
}

describe('each file of the next release', () => {
  it('starts at the one at its path, or needs nothing where its content is there already, wherever', () => {
    const from = [fileOf('a', text(9)), fileOf('b', text(8)), fileOf('c', text(7))];
    const to = [fileOf('a', text(9)), fileOf('b', text(6)), fileOf('moved/c', text(7)), fileOf('z', text(700, 'z'))];
    expect(paired(from, to)).toEqual({ a: 'reused', b: 'b', 'moved/c': 'reused', z: 'fresh' });
  });

  it('starts at one of nearly the same name where there is none at its path, the likest first', () => {
    const from = [
      fileOf('lib/libx.so.1.4.0', text(100)),
      fileOf('lib/other.so', text(101)),
      fileOf('assets/app.3fa9c2.js', text(102)),
      fileOf('pkg-1.4/share/table', text(103)),
      fileOf('old/place/readme', text(104)),
      fileOf('other/place/readme', text(150)),
    ];
    const to = [
      fileOf('lib/libx.so.1.5.0', text(200)),
      fileOf('assets/app.77b01e0.js', text(201)),
      fileOf('pkg-1.5/share/table', text(202)),
      fileOf('new/place/readme', text(160)),
      fileOf('lib/nothing-like-it', text(203)),
    ];
    expect(paired(from, to)).toEqual({
      'lib/libx.so.1.5.0': 'lib/libx.so.1.4.0',
      'assets/app.77b01e0.js': 'assets/app.3fa9c2.js',
      'pkg-1.5/share/table': 'pkg-1.4/share/table',
      'new/place/readme': 'other/place/readme',
      'lib/nothing-like-it': 'fresh',
    });
  });

  it('does not start at one of another size by far, or at an empty one', () => {
    const from = [fileOf('old/readme', text(10)), fileOf('empty', '')];
    const to = [fileOf('new/readme', text(41, 'b')), fileOf('empty', text(5)), fileOf('none', '')];
    expect(paired(from, to)).toEqual({ 'new/readme': 'fresh', empty: 'fresh', none: 'reused' });
  });

  it('starts only at what lies on every machine that gets it', () => {
    const from = [fileOf('a', text(9), { platform: 'linux' }), fileOf('b', text(8), { architecture: 'x64' })];
    const to = [
      fileOf('a', text(7), { platform: 'linux', architecture: 'arm64' }),
      fileOf('b', text(6)),
      fileOf('c', text(9)),
    ];
    expect(paired(from, to)).toEqual({ a: 'a', b: 'fresh', c: 'fresh' });
  });
});
