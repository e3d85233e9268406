import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { readSignedData } from '../../src/trust/cms/read-signed-data.ts';
import { integer, time } from '../support/der.ts';
import * as pki from '../support/pki.ts';
import { manifestBytes } from '../support/releases.ts';
import { runCommand } from '../support/run-command.ts';
import { startResponder, type Responder } from '../support/trust/openssl-responder.ts';
import { dayMs, leaf, leafKey, root, rootKey, trustOf } from '../support/trust/rsa-stage.ts';
import { timeCertificate, timeKey, timeRootKey } from '../support/trust/timestamp-token.ts';

// A real authority stamps with the real time, so certificates are made around it.
const nowMs = Date.now();
const around = (days: number): pki.CertificateOptions => ({
  notBefore: time(nowMs - days * dayMs),
  notAfter: time(nowMs + days * dayMs),
});
const anchor = root(around(400));
const signer = leaf(around(30));
const named = { subject: pki.name('Time Root'), issuer: pki.name('Time Root') };
const timeAnchor = pki.rootCertificate({ key: timeRootKey(), ...named, ...around(400) });
const authority = timeCertificate(around(300));
const stray = leaf({ ...around(30), serial: integer(8), subject: pki.name('Stray'), key: rootKey() });
const content = manifestBytes();

let directory: string;
let responder: Responder;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'themis-stamp-'));
  responder = await startResponder(authority, timeKey(), [timeAnchor, stray]);
  await writeFile(join(directory, 'release.json'), content);
  await writeFile(join(directory, 'anchors.json'), pki.anchorsFile([anchor], 1, [timeAnchor]));
  await writeFile(join(directory, 'others.json'), pki.anchorsFile([anchor], 1, [anchor]));
  await writeFile(join(directory, 'signer.pem'), pki.pem(signer));
  const key = leafKey().privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeFile(join(directory, 'key.pem'), key, { mode: 0o600 });
});

afterAll(async () => {
  await responder.close();
  await rm(directory, { recursive: true, force: true });
});

const sign = (...more: readonly string[]) =>
  runCommand(directory, ['release', 'sign', '.', '--key', 'key.pem', '--certificate', 'signer.pem', ...more], nowMs);
const stamp = (...more: readonly string[]) => runCommand(directory, ['release', 'timestamp', '.', ...more], nowMs);
const signature = () => readFile(join(directory, 'release.json.p7s'));
const verify = async (atMs: number) =>
  verifyDetached({
    content,
    signature: await signature(),
    trust: trustOf([anchor], 1, [timeAnchor]),
    nowMs: atMs,
    profile: 'codeSigning',
  });

describe('a release stamped by openssl ts', () => {
  test('is signed and stamped at once, and outlives its certificate', async () => {
    expect((await sign()).exitCode).toBe(0);
    expect(await verify(nowMs + 60 * dayMs)).toMatchObject({ ok: false, code: 'CERT_EXPIRED' });

    const ran = await sign('--timestamp', responder.url, '--anchors', 'anchors.json');
    expect(ran.err).toBe('');
    expect(ran.exitCode).toBe(0);
    expect(ran.out).toMatch(/^Timestamp .*Z by CN=Time Authority\nSigned themisdb 1\.5\.0: /u);
    const result = await verify(nowMs + 60 * dayMs);
    expect(result).toMatchObject({ ok: true, timestamp: { authority: 'CN=Time Authority' } });
    expect(Math.abs((result.ok ? result.timestamp!.genTimeMs : 0) - nowMs)).toBeLessThan(3_600_000);
  });

  test('is stamped later as well, once', async () => {
    await sign();
    expect((await stamp('--url', responder.url, '--anchors', 'anchors.json')).out).toMatch(
      /\nStamped release\.json\.p7s\n$/u,
    );
    const first = await signature();
    expect(await verify(nowMs + 60 * dayMs)).toMatchObject({ ok: true });
    expect((await stamp('--url', responder.url, '--anchors', 'anchors.json')).out).toMatch(/already/u);
    expect(await signature()).toEqual(first);
  });

  test('carries none of the certificates that no path needs', async () => {
    await sign('--timestamp', responder.url, '--anchors', 'anchors.json');
    const [info] = readSignedData(await signature()).signers;
    expect(readSignedData(info!.timestamp!).certificates.map(({ subject }) => subject.text)).toEqual([
      'CN=Time Authority',
    ]);
  });

  test('is read by openssl cms as before', async () => {
    await sign('--timestamp', responder.url, '--anchors', 'anchors.json');
    await writeFile(join(directory, 'anchor.pem'), pki.pem(anchor));
    const line =
      'cms -verify -inform DER -in release.json.p7s -content release.json -binary -CAfile anchor.pem -purpose any';
    const out = execFileSync('openssl', line.split(' '), { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
    expect(out).toEqual(Buffer.from(content));
  });
});

describe('without a timestamp that holds nothing is written', () => {
  test('when no timestamp anchor knows the authority', async () => {
    await sign();
    const before = await signature();
    const ran = await stamp('--url', responder.url, '--anchors', 'others.json');
    expect(ran).toMatchObject({ exitCode: 4, error: { code: 'TIMESTAMP_INVALID', reason: 'TIMESTAMP_UNTRUSTED' } });
    expect(await signature()).toEqual(before);
  });

  test('when nobody listens', async () => {
    await rm(join(directory, 'release.json.p7s'), { force: true });
    const ran = await sign('--timestamp', 'http://127.0.0.1:9/');
    expect(ran).toMatchObject({ exitCode: 1, error: { code: 'UNREACHABLE' } });
    await expect(signature()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('when the address is none', async () => {
    expect(await sign('--timestamp', 'ftp://x')).toMatchObject({ exitCode: 64 });
  });
});
