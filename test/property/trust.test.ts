import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../src/kernel/error.ts';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { readDer } from '../../src/trust/der/read-der.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import { parseManifest } from '../../src/trust/policy/parse-manifest.ts';
import { readCertificate } from '../../src/trust/x509/certificate.ts';
import * as pki from '../support/pki.ts';
import { manifestBytes, testTrust } from '../support/releases.ts';
import { runs } from '../support/runs.ts';

const content = manifestBytes();
const trust = testTrust();
const middleKey = pki.keyPair('middle');
const middle = pki.certificate({
  subject: pki.name('Middle'),
  key: middleKey,
  extensions: pki.caExtensions(middleKey, pki.keyPair('root')),
});
const kinds = ['p256', 'rsa2048'].map((kind) => {
  const key = pki.keyPair('leaf', kind);
  const certificates = [middle, pki.certificate({ key, issuer: pki.name('Middle'), issuerKey: middleKey })];
  const signer = pki.signerInfo(content, { key, id: signerId() });
  return pki.signedData(content, { certificates, signers: [signer] });
});

function signerId(): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(0x30, pki.name('Middle').length + 4),
    pki.name('Middle'),
    Uint8Array.of(0x02, 0x02, 0x12, 0x67),
  ]);
}

function verify(over: { content?: Uint8Array; signature: Uint8Array }) {
  return verifyDetached({ content, trust, nowMs: pki.nowMs, profile: 'codeSigning', ...over });
}

/** Any change of one byte to another value. */
function changed(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = at % bytes.length;
  copy[index] = (copy[index]! + 1 + (by % 255)) % 256;
  return copy;
}

const anyChange = [fc.nat(), fc.nat()] as const;

describe('signatures', () => {
  test('hold as they were made', () => {
    for (const signature of kinds) expect(verify({ signature })).toMatchObject({ ok: true });
  });

  test('with any one byte changed, certificates included, never verify', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), ...anyChange, (signature, at, by) => {
        expect(verify({ signature: changed(signature, at, by) }).ok).toBe(false);
      }),
      runs(100_000),
    );
  });

  test('with every single bit of every byte flipped in turn never verify', () => {
    const [signature] = kinds as [Uint8Array];
    for (let index = 0; index < signature.length; index += 1) {
      const copy = Uint8Array.from(signature);
      copy[index]! ^= 1 << (index % 8);
      expect(verify({ signature: copy }).ok, `byte ${index}`).toBe(false);
    }
  });

  test('over content with any one byte changed never verify', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), ...anyChange, (signature, at, by) => {
        expect(verify({ signature, content: changed(content, at, by) }).ok).toBe(false);
      }),
      runs(100_000),
    );
  });

  test('cut short or grown never verify', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (signature, at, more) => {
          expect(verify({ signature: signature.subarray(0, at % signature.length) }).ok).toBe(false);
          expect(verify({ signature: Buffer.concat([signature, more]) }).ok).toBe(false);
        },
      ),
      runs(20_000),
    );
  });
});

test('an anchor with any one byte changed never vouches for the signature', () => {
  const root = pki.rootCertificate();
  fc.assert(
    fc.property(...anyChange, (at, by) => {
      const parsed = parseAnchors(pki.anchorsFile([changed(root, at, by)]));
      // An anchor is a subject and a key. Only a self-signed certificate protects the rest, its issuer included.
      if (parsed.ok && !parsed.anchors.anchors[0]!.certificate.isSelfIssued) return;
      const result = parsed.ok
        ? verifyDetached({
            content,
            signature: kinds[0]!,
            trust: { anchors: parsed.anchors, crls: [] },
            nowMs: pki.nowMs,
            profile: 'codeSigning',
          })
        : parsed;
      expect(result.ok).toBe(false);
    }),
    runs(20_000),
  );
});

describe('readers throw nothing but refusals of their own', () => {
  const samples = [...kinds, middle, pki.rootCertificate()];

  test('on mutated DER', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        (bytes, edits) => {
          const copy = Uint8Array.from(bytes);
          for (const [at, value] of edits) copy[at % copy.length] = value;
          expect(reasonOf(() => readDer(copy))).toMatch(/^(?:ok|DER_\w+)$/u);
          expect(reasonOf(() => readCertificate(copy))).toMatch(/^(?:ok|(?:DER|CERT|KEY|ALGORITHM)_\w+)$/u);
          expect(typeof verify({ signature: copy }).ok).toBe('boolean');
        },
      ),
      runs(100_000),
    );
  });

  test('on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(reasonOf(() => readDer(bytes))).toMatch(/^(?:ok|DER_\w+)$/u);
        expect(typeof parseManifest(bytes).ok).toBe('boolean');
        expect(typeof parseAnchors(bytes).ok).toBe('boolean');
      }),
      runs(100_000),
    );
  });

  test('on manifests with any JSON in place of any member', () => {
    const manifest = JSON.parse(Buffer.from(content).toString()) as Record<string, unknown>;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(manifest)), fc.jsonValue(), (member, value) => {
        const bytes = Buffer.from(JSON.stringify({ ...manifest, [member]: value }));
        const parsed = parseManifest(bytes);
        // Only the very same value can keep the hash.
        expect(parsed.ok).toBe(JSON.stringify(value) === JSON.stringify(manifest[member]));
      }),
      runs(50_000),
    );
  });
});

test('reading DER takes no more than linear time in nested and in flat encodings', () => {
  // Counted, not timed: every byte is a header of its own, so more work than elements would show as a limit not met.
  const flat = Buffer.alloc(30_000);
  for (let index = 0; index < flat.length; index += 2) flat[index] = 0x05;
  const wrapped = Buffer.concat([Uint8Array.of(0x30, 0x82, flat.length >> 8, flat.length & 0xff), flat]);
  expect(readDer(wrapped).children).toHaveLength(15_000);
  expect(reasonOf(() => readDer(wrapped, { bytes: 1 << 20, depth: 24, elements: 15_000 }))).toBe('DER_TOO_MANY');
});

function reasonOf(read: () => unknown): string {
  try {
    read();
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? (error.reason ?? error.code) : String(error);
  }
}
