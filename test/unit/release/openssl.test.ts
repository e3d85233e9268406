/** openssl as a second voice: what Themis signs it verifies, what it signs Themis verifies. Skipped, and said, where it is absent. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { issueKeys, keyAlgorithms } from '../../../src/adapters/signer/issue-keys.ts';
import { openSoftwareSigner } from '../../../src/adapters/signer/software.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const absent = version.status !== 0 || !/^OpenSSL [3-9]/u.test(version.stdout);
if (absent) console.warn('openssl 3 or later is not installed: the tests against it are skipped');

const root = mkdtempSync(join(tmpdir(), 'themis-openssl-'));
afterAll(() => rmSync(root, { recursive: true }));
const content = Buffer.from('{"a": "line\\r\\n"}\n');
const content2 = Buffer.from('binary \u0000\r\n\u00ff');
const nowMs = Date.now();

// OpenSSL 3.0 knows no Ed25519 in CMS.
const known = keyAlgorithms.filter((algorithm) => algorithm !== 'ed25519');

describe.skipIf(absent).each(known)('with openssl and %s', (algorithm) => {
  const files = (name: string): string => join(root, `${algorithm}-${name}`);
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });

  function sign(...more: string[]): Buffer {
    const inputs = ['-in', files('content'), '-signer', files('cert.pem'), '-inkey', files('key.pem')];
    return openssl('cms', '-sign', '-binary', '-outform', 'DER', ...inputs, ...more);
  }

  async function prepare() {
    const keys = await issueKeys({ name: 'Interop', algorithm, nowMs, caValidMs: 1e10, signerValidMs: 1e9 });
    writeFileSync(files('ca.pem'), keys.caCertificate);
    writeFileSync(files('key.pem'), keys.signerKey, { mode: 0o600 });
    writeFileSync(files('cert.pem'), keys.signerCertificate);
    const anchors = parseAnchors(Buffer.from(keys.anchors));
    if (!anchors.ok) throw new Error(anchors.message);
    return {
      trust: { anchors: anchors.anchors, crls: [] },
      signer: openSoftwareSigner({ key: files('key.pem'), certificate: files('cert.pem') }),
    };
  }

  it('a signature made here is verified there', async () => {
    const { signer } = await prepare();
    for (const bytes of [content, content2]) {
      writeFileSync(files('content'), bytes);
      writeFileSync(files('signature'), await signDetached(bytes, signer, nowMs));
      const args = ['-in', files('signature'), '-content', files('content'), '-CAfile', files('ca.pem')];
      const out = openssl('cms', '-verify', '-binary', '-inform', 'DER', ...args, '-purpose', 'any');
      expect(out.equals(bytes)).toBe(true);
      expect(() => openssl('asn1parse', '-inform', 'DER', '-in', files('signature'))).not.toThrow();
    }
  });

  it.each([['sha256'], ['sha384'], ['sha512']])('a signature made there with %s is verified here', async (hash) => {
    const { trust } = await prepare();
    writeFileSync(files('content'), content2);
    const signature = sign('-md', hash);
    const result = verifyDetached({ content: content2, signature, trust, nowMs: Date.now(), profile: 'codeSigning' });
    expect(result).toMatchObject({ ok: true, signer: { subject: 'CN=Interop release signer' } });
  });

  it('by key identifier, or with the root along, it is verified here as well', async () => {
    const { trust } = await prepare();
    writeFileSync(files('content'), content);
    for (const signature of [sign('-keyid'), sign('-certfile', files('ca.pem')), sign('-nosmimecap')]) {
      expect(verifyDetached({ content, signature, trust, nowMs: Date.now(), profile: 'codeSigning' })).toMatchObject({
        ok: true,
      });
    }
  });

  it('what openssl lets pass without being asked is refused here', async () => {
    const { trust } = await prepare();
    writeFileSync(files('content'), content);
    const codeOf = (signature: Buffer): string => {
      const result = verifyDetached({ content, signature, trust, nowMs: Date.now(), profile: 'codeSigning' });
      return result.ok ? 'ok' : result.code;
    };
    expect(codeOf(sign('-noattr'))).toBe('CMS_SIGNED_ATTRIBUTES_MISSING');
    expect(codeOf(sign('-nodetach'))).toBe('CMS_EMBEDDED_CONTENT');
    expect(codeOf(sign('-md', 'sha1'))).toBe('ALGORITHM_SHA1');
    expect(codeOf(sign('-nocerts'))).toBe('CMS_SIGNER_UNKNOWN');
    expect(codeOf(sign('-stream', '-indef', '-nodetach'))).toBe('DER_LENGTH_INDEFINITE');
  });
});
