import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestJson } from '../../src/kernel/digest.ts';
import { parseManifest } from '../../src/trust/policy/parse-manifest.ts';
import { nowMs } from '../support/pki.ts';
import { fileOf } from '../support/releases.ts';
import { runCommand, type Ran } from '../support/run-command.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'themis-release-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const keys = ['--key', 'keys/signer.key.pem', '--certificate', 'keys/signer.certificate.pem'];
const release = 'releases/themisdb-1.5.0';

async function themis(...line: string[]): Promise<Ran> {
  return await runCommand(root, ['release', ...line]);
}

async function write(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(join(root, dirname(path)), { recursive: true });
  await writeFile(join(root, path), content);
  await chmod(join(root, path), mode);
}

const read = async (path: string): Promise<Buffer> => await readFile(join(root, path));

async function payload(directory = release): Promise<void> {
  await write(`${directory}/bin/server`, '#!/bin/sh\n', 0o775);
  await write(`${directory}/etc/server.conf`, 'port 1\n', 0o664);
}

async function signedRelease(...more: string[]): Promise<void> {
  await payload();
  expect((await themis('keygen', 'keys', ...more)).exitCode).toBe(0);
  expect((await themis('build', release, '--package', 'themisdb', '--version', '1.5.0')).exitCode).toBe(0);
  expect((await themis('sign', release, ...keys)).exitCode).toBe(0);
}

const verify = async (): Promise<Ran> =>
  await themis('verify', release, '--anchors', 'keys/anchors.json', '-o', 'json');

/** Codes of what was refused. */
async function refusals(): Promise<string[]> {
  const ran = await verify();
  const { releases } = JSON.parse(ran.out) as { releases: { checks: { ok: boolean; code?: string }[] }[] };
  const codes = releases.flatMap(({ checks }) => checks.flatMap(({ ok, code }) => (ok ? [] : [code!])));
  expect(ran.exitCode).toBe(codes.length === 0 ? 0 : 4);
  return codes;
}

describe('release keygen', () => {
  it('writes keys for their owner alone and never over others', async () => {
    expect((await themis('keygen')).exitCode).toBe(0);
    expect(await readdir(join(root, 'keys'))).toEqual([
      'anchors.json',
      'ca.certificate.pem',
      'ca.key.pem',
      'signer.certificate.pem',
      'signer.key.pem',
    ]);
    expect((await stat(join(root, 'keys/signer.key.pem'))).mode & 0o777).toBe(0o600);
    const before = await read('keys/ca.key.pem');
    expect(await themis('keygen')).toMatchObject({ exitCode: 4, error: { code: 'POLICY_REFUSED' } });
    expect(await read('keys/ca.key.pem')).toEqual(before);
  });
});

describe('release build', () => {
  it('writes the manifest of a directory, the same each time', async () => {
    await payload();
    const line = ['build', release, '--package', 'themisdb', '--version', '1.5.0'];
    const more = [
      '--depends',
      'themis-query@>=1.4 <2',
      '--conflicts',
      'legacy',
      '--critical',
      '--platform',
      'linux',
      '--min-upgrade-from',
      '1.4.0',
    ];
    const rest = [
      '--data-schema-version',
      '3',
      '--counter',
      '7',
      '--expires',
      '2027-01-01T00:00:00Z',
      '--commit',
      'abc',
      '--build-date',
      '2026-06-30T00:00:00Z',
      '--compiler',
      'gcc 14',
    ];
    expect((await themis(...line, ...more, ...rest)).exitCode).toBe(0);
    const bytes = await read(`${release}/release.json`);
    const parsed = parseManifest(bytes);
    expect(parsed.ok && parsed.manifest).toMatchObject({
      product: 'themisdb',
      version: '1.5.0',
      tagName: 'v1.5.0',
      releaseDate: '2026-07-01T00:00:00Z',
      isCritical: true,
      counter: 7,
      platform: 'linux',
      architecture: 'any',
      files: [
        { path: 'bin/server', type: 'executable', permissions: '0755', sizeBytes: 10 },
        { path: 'etc/server.conf', type: 'config', permissions: '0644' },
      ],
      dependencies: [{ package: 'legacy' }, { package: 'themis-query' }],
      build: { commit: 'abc', compiler: 'gcc 14' },
    });
    const again = await themis(...line, ...more, ...rest, '-o', 'json');
    expect(again.out).toBe(bytes.toString());
    expect(await read(`${release}/release.json`)).toEqual(bytes);
  });

  it('takes the queries that the release sends from a file, and refuses what is not one query', async () => {
    await payload();
    const build = async (probes: unknown) => {
      await writeFile(`${root}/probes.json`, JSON.stringify(probes));
      const line = ['build', release, '--package', 'themisdb', '--version', '1.5.0', '--probes', 'probes.json'];
      const { exitCode, error } = await themis(...line);
      return [exitCode, error?.message ?? ''];
    };
    const probe = { name: 'open-orders', database: 'orders', sql: 'SELECT id FROM orders WHERE open = $1' };
    expect(await build([probe])).toEqual([0, '']);
    const parsed = parseManifest(await read(`${release}/release.json`));
    expect(parsed.ok && parsed.manifest.probes).toEqual([probe]);
    const refused = (detail: string) => [64, expect.stringContaining(detail) as string];
    expect(await build([{ ...probe, sql: 'SELECT 1; DROP TABLE orders' }])).toEqual(refused('it holds 2 statements'));
    expect(await build([{ ...probe, sql: 'DROP TABLE orders' }])).toEqual(refused('it reads and writes no rows'));
    expect(await build([{ ...probe, sql: 'SELEC 1' }])).toEqual(refused('Probe open-orders in probes.json'));
    expect(await build([{ ...probe, sq: 'SELECT 1' }])).toEqual(refused('probes[0].sq is not a field'));
    expect(await build([probe, probe])).toEqual(refused('probes[1] is called open-orders'));
    expect(await build([null])).toEqual(refused('probes[0] is null'));
  });

  it('takes its date from SOURCE_DATE_EPOCH and its counter from lower versions beside it', async () => {
    await payload();
    await payload('releases/themisdb-1.4.0');
    await themis('build', 'releases/themisdb-1.4.0', '--package', 'themisdb', '--version', '1.4.0', '--counter', '41');
    await runCommand(root, ['release', 'build', release, '--package', 'themisdb', '--version', '1.5.0'], nowMs, {
      SOURCE_DATE_EPOCH: '0',
    });
    expect(JSON.parse((await read(`${release}/release.json`)).toString())).toMatchObject({
      counter: 42,
      releaseDate: '1970-01-01T00:00:00Z',
    });
  });

  it('removes a signature over other bytes, and only then', async () => {
    await signedRelease();
    const line = ['build', release, '--package', 'themisdb', '--version', '1.5.0'];
    await themis(...line);
    expect(await refusals()).toEqual([]);
    await write(`${release}/etc/server.conf`, 'port 2\n');
    await themis(...line);
    expect(await refusals()).toEqual(['RELEASE_UNSIGNED']);
  });

  it.each([
    ['SYMLINK_REFUSED', async () => await symlink('/etc/passwd', join(root, release, 'link'))],
    ['PATH_CASE_COLLISION', async () => await write(`${release}/BIN/server`, '')],
    ['UNSAFE_PATH', async () => await write(`${release}/bin/aux.txt`, '')],
  ])('%s: writes nothing', async (code, spoil) => {
    await payload();
    await spoil();
    expect((await themis('build', release, '--package', 'themisdb', '--version', '1.5.0')).error?.code).toBe(code);
    expect(await readdir(join(root, release))).not.toContain('release.json');
  });

  it.each([
    [['--version', '1.5']],
    [['--version', '1.5.0', '--package', 'A']],
    [['--version', '1.5.0', '--depends', 'x@new']],
    [['--version', '1.5.0', '--expires', 'soon']],
    [['--version', '1.5.0', '--build-date', 'today']],
    [[]],
  ])('%j is a usage error', async (more) => {
    await payload();
    expect((await themis('build', release, '--package', 'themisdb', ...more)).exitCode).toBe(64);
  });

  it('imports a flat manifest and keeps it beside its own', async () => {
    await payload();
    const files = [
      {
        path: 'bin/server',
        type: 'executable',
        sha256_hash: fileOf('', '#!/bin/sh\n').sha256,
        size_bytes: 10,
        platform: 'linux',
        architecture: 'x64',
        permissions: '0755',
      },
      {
        path: 'etc/server.conf',
        type: 'config',
        sha256_hash: fileOf('', 'port 1\n').sha256,
        size_bytes: 7,
        platform: 'linux',
        architecture: 'x64',
      },
    ];
    const flat = {
      version: '1.5.0',
      tag_name: 'v1.5.0',
      release_notes: '',
      is_critical: false,
      files,
      dependencies: [],
      build_commit: '',
      build_date: '',
      compiler_version: '',
      min_upgrade_from: '',
      schema_version: 1,
    };
    const text = JSON.stringify({ ...flat, manifest_hash: digestJson(flat).slice(7) });
    await write('flat.json', text);
    expect((await themis('build', release, '--package', 'themisdb', '--import', 'flat.json')).exitCode).toBe(0);
    expect((await read(`${release}/release.flat.json`)).toString()).toBe(text);
    expect(parseManifest(await read(`${release}/release.json`))).toMatchObject({
      ok: true,
      manifest: { platform: 'linux', files: [{ path: 'bin/server' }, {}] },
    });
    await themis('keygen');
    await themis('sign', release, ...keys);
    expect(await refusals()).toEqual([]);
    await write(`${release}/bin/server`, 'other');
    expect((await themis('build', release, '--package', 'themisdb', '--import', 'flat.json')).error?.code).toBe(
      'FILE_HASH_MISMATCH',
    );
  });
});

describe('release build --flat', () => {
  it('writes the form of ThemisDB beside the manifest, from which the same release is built', async () => {
    await payload();
    const line = ['build', release, '--package', 'themisdb', '--version', '1.5.0', '--depends', 'zlib@>=1.2'];
    expect((await themis(...line, '--flat', '--expires', '2027-01-01T00:00:00Z')).err).toContain('expires at 2027');
    await themis(...line, '--flat');
    const manifest = await read(`${release}/release.json`);
    await write('plain/bin/server', '#!/bin/sh\n', 0o755);
    await write('plain/c.conf', 'port 1\n');
    await themis('build', 'plain', '--package', 'themisdb', '--version', '1.5.0', '--flat');
    // What a C++ program that follows ThemisDB's calculateHash prints for this text.
    const hash = '0b43fb98e6c2f760758644306913ef53f473f7d9f77129c1d5330f4230a807aa';
    expect(JSON.parse((await read('plain/release.flat.json')).toString())).toMatchObject({ manifest_hash: hash });
    await write('flat.json', (await read(`${release}/release.flat.json`)).toString());
    await rm(join(root, release, 'release.flat.json'));
    expect((await themis('build', release, '--package', 'themisdb', '--import', 'flat.json')).exitCode).toBe(0);
    expect(await read(`${release}/release.json`)).toEqual(manifest);
    expect((await themis(...line, '--flat', '--import', 'flat.json')).error?.code).toBe('USAGE');
  });

  it('leaves none behind that is of another manifest', async () => {
    await signedRelease();
    const line = ['build', release, '--package', 'themisdb', '--version', '1.5.0'];
    await themis(...line, '--flat');
    await themis(...line);
    expect(await readdir(join(root, release))).toContain('release.flat.json');
    await write(`${release}/etc/server.conf`, 'port 2\n');
    expect((await themis(...line)).err).toContain('release.flat.json was of the manifest before');
    expect(await readdir(join(root, release))).toEqual(['bin', 'etc', 'release.json']);
  });
});

describe.each(['ecdsa-p256', 'rsa-3072'])('a release signed with %s', (algorithm) => {
  it('is verified, indexed and listed', async () => {
    await signedRelease('--algorithm', algorithm);
    expect(await refusals()).toEqual([]);
    expect((await themis('index', 'releases', ...keys, '--expires', '30d')).exitCode).toBe(0);
    const all = await themis('verify', 'releases', '--anchors', 'keys/anchors.json');
    expect(all).toMatchObject({ exitCode: 0 });
    expect(all.out.match(/Verified\./gu)).toHaveLength(2);
    expect(JSON.parse((await themis('list', '-o', 'json')).out)).toMatchObject({
      releases: [{ directory: 'themisdb-1.5.0', ok: true, version: '1.5.0', signed: true, yanked: false, files: 2 }],
    });
    expect((await themis('list', 'releases')).out.split('\n')[1]).toMatch(/^themisdb +1\.5\.0 /u);
  });
});

describe('release verify', () => {
  const attacks: Record<string, [string[], () => Promise<void>]> = {
    'a flipped byte in a payload': [
      ['RELEASE_FILE_HASH'],
      async () => await write(`${release}/bin/server`, '#!/bin/sH\n'),
    ],
    'a flipped byte in release.json': [
      ['CMS_MESSAGE_DIGEST_MISMATCH'],
      async () =>
        await write(
          `${release}/release.json`,
          (await read(`${release}/release.json`)).toString().replace('1.5.0', '1.5.1'),
        ),
    ],
    'a flipped byte in the signature': [
      ['CMS_SIGNATURE_INVALID'],
      async () => {
        const bytes = await read(`${release}/release.json.p7s`);
        bytes[bytes.length - 1]! ^= 1;
        await writeFile(join(root, release, 'release.json.p7s'), bytes);
      },
    ],
    'an unlisted file': [['RELEASE_FILE_UNLISTED'], async () => await write(`${release}/extra`, '')],
    'a link': [['RELEASE_SYMLINK'], async () => await symlink('/etc', join(root, release, 'link'))],
    'a missing file': [['RELEASE_FILE_MISSING'], async () => await rm(join(root, release, 'bin/server'))],
    'another anchor': [
      ['PATH_NO_ANCHOR'],
      async () => {
        await themis('keygen', 'others', '--name', 'Others');
        await write('keys/anchors.json', (await read('others/anchors.json')).toString());
      },
    ],
    'another anchor of the same name': [
      ['ANCHOR_KEY_MISMATCH'],
      async () => {
        await themis('keygen', 'others');
        await write('keys/anchors.json', (await read('others/anchors.json')).toString());
      },
    ],
  };
  it.each(Object.entries(attacks))('refuses %s', async (_, [codes, attack]) => {
    await signedRelease();
    await attack();
    expect(await refusals()).toEqual(codes);
  });

  it('passes over the drafts of a writer that was killed, which the next one removes', async () => {
    await signedRelease();
    const drafts = ['.release.json.p7s.new', '.release.json.p7s.0123456789abcdef.new', '.release.flat.json.new'];
    for (const name of drafts) await write(`${release}/${name}`, 'draft');
    expect(await refusals()).toEqual([]);
    await write(`${release}/.other.new`, 'payload');
    expect(await refusals()).toEqual(['RELEASE_FILE_UNLISTED']);
    await themis('build', release, '--package', 'themisdb', '--version', '1.5.0');
    expect(await readdir(join(root, release))).toEqual(['.other.new', 'bin', 'etc', 'release.json']);
    expect((await read(`${release}/release.json`)).toString()).toContain('.other.new');
  });

  it('refuses what was not meant, an index that is stale, and an anchors file that is none', async () => {
    await signedRelease();
    await themis('index', 'releases', ...keys, '--expires', '1d');
    const line = ['release', 'verify', 'releases', '--anchors', 'keys/anchors.json'];
    expect((await runCommand(root, [...line, '--version', '1.6.0'])).out).toContain('RELEASE_VERSION');
    const late = await runCommand(root, line, nowMs + 2 * 86_400_000);
    expect(late).toMatchObject({ exitCode: 4 });
    expect(late.out).toContain('INDEX_STALE');
    await write('keys/anchors.json', '{}');
    expect((await verify()).error?.reason).toBe('ANCHORS_VERSION');
    await write('keys/anchors.json', '[]');
    expect((await verify()).error?.reason).toBe('ANCHORS_MALFORMED');
  });

  it('takes an index.json of the payload for what it is', async () => {
    await write(`${release}/index.json`, '{"of": "the payload"}');
    await signedRelease();
    await themis('keygen', 'others');
    const others = keys.map((word) => word.replace('keys/', 'others/'));
    expect(await refusals()).toEqual([]);
    const cosigned = await themis('sign', release, '--cosign', ...others);
    expect(cosigned).toMatchObject({ exitCode: 0, out: expect.stringContaining('Signed themisdb 1.5.0') });
    expect(await readdir(join(root, release))).toEqual([
      'bin',
      'etc',
      'index.json',
      'release.json',
      'release.json.p7s',
    ]);
  });

  it('finds nothing where there is nothing', async () => {
    await signedRelease();
    await mkdir(join(root, 'empty'));
    expect((await themis('verify', 'empty', '--anchors', 'keys/anchors.json')).error?.code).toBe('NOT_FOUND');
  });
});

describe('release sign', () => {
  it('signs nothing that nodes would refuse', async () => {
    await signedRelease();
    await write(`${release}/release.json`, '{}');
    expect((await themis('sign', release, ...keys)).error?.code).toBe('MANIFEST_INVALID');
    expect((await themis('sign', 'releases', ...keys)).error?.code).toBe('NOT_FOUND');
  });
});
