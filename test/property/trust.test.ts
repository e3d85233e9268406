import { constants, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ThemisError } from '../../src/kernel/error.ts';
import { verifyDetached } from '../../src/trust/cms/verify-detached.ts';
import { derLimits, readDer } from '../../src/trust/der/read-der.ts';
import { parseAnchors } from '../../src/trust/policy/anchors.ts';
import { parseManifest } from '../../src/trust/policy/parse-manifest.ts';
import { readCertificate } from '../../src/trust/x509/certificate.ts';
import { der, explicit, integer, nullValue, octets, oid, sequence } from '../support/der.ts';
import * as pki from '../support/pki.ts';
import { manifestBytes, testTrust } from '../support/releases.ts';
import { everyByte, runs } from '../support/runs.ts';
import { badFixtures } from '../support/trust/index.ts';
import { stamped, stampedTrust } from '../support/trust/bad-timestamps.ts';
import { content as stampedContent, dayMs, root, trustOf } from '../support/trust/rsa-stage.ts';
import { infoAttributes, namesCertificate, timeCertificate, timeRoot } from '../support/trust/timestamp-token.ts';

const content = manifestBytes();
const trust = testTrust();
const middleKey = pki.keyPair('middle');
const middle = pki.certificate({
  subject: pki.name('Middle'),
  key: middleKey,
  extensions: pki.caExtensions(middleKey, pki.keyPair('root')),
});
const { sha256, sha384, sha512 } = pki.algorithms;
const rsa = pki.keyPair('leaf', 'rsa2048');
const pss = { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const pssParameters = sequence(
  explicit(0, sha256),
  explicit(1, sequence(oid('1.2.840.113549.1.1.8'), sha256)),
  explicit(2, integer(32)),
);
const kinds = Object.entries<pki.SignerOptions & { readonly key: pki.KeyPair }>({
  'P-256': { key: pki.keyPair('leaf') },
  'P-384': {
    key: pki.keyPair('leaf', 'p384'),
    hash: 'sha384',
    digest: sha384,
    algorithm: pki.algorithms.ecdsaSha384,
  },
  'RSA PKCS#1': { key: rsa },
  'RSA-PSS': {
    key: rsa,
    algorithm: sequence(oid('1.2.840.113549.1.1.10'), pssParameters),
    signature: (bytes) => sign('sha256', bytes, pss),
  },
  Ed25519: { key: pki.keyPair('leaf', 'ed25519'), hash: 'sha512', digest: sha512 },
}).map(([kind, options]) => {
  const { key } = options;
  const certificates = [middle, pki.certificate({ key, issuer: pki.name('Middle'), issuerKey: middleKey })];
  const signers = [pki.signerInfo(content, { id: signerId(), ...options })];
  const digests = [options.digest ?? sha256];
  return { kind, signature: pki.signedData(content, { digests, certificates, signers }) };
});
const signatures = kinds.map(({ signature }) => signature);

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

const bitsOfByte = [0, 1, 2, 3, 4, 5, 6, 7];

function flipped(bytes: Uint8Array, index: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index]! ^= 1 << bit;
  return copy;
}

const anyChange = [fc.nat(), fc.nat()] as const;

describe('signatures', () => {
  test('hold as they were made', () => {
    for (const signature of signatures) expect(verify({ signature })).toMatchObject({ ok: true });
  });

  test('with any one byte changed, certificates included, never verify', () => {
    fc.assert(
      fc.property(fc.constantFrom(...signatures), ...anyChange, (signature, at, by) => {
        expect(verify({ signature: changed(signature, at, by) }).ok).toBe(false);
      }),
      runs(100_000),
    );
  });

  describe.each(kinds)('by $kind', ({ signature }) => {
    const { indexes, words } = everyByte(signature.length, signature.length);

    test(`with every single bit of ${words} flipped in turn never verify`, () => {
      const verified = indexes.flatMap((index) =>
        bitsOfByte
          .filter((bit) => verify({ signature: flipped(signature, index, bit) }).ok)
          .map((bit) => `byte ${index}, bit ${bit}`),
      );
      expect(verified).toEqual([]);
    });
  });

  test('over content with any one byte changed never verify', () => {
    fc.assert(
      fc.property(fc.constantFrom(...signatures), ...anyChange, (signature, at, by) => {
        expect(verify({ signature, content: changed(content, at, by) }).ok).toBe(false);
      }),
      runs(100_000),
    );
  });

  test('cut short or grown never verify', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...signatures),
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

describe('a signature with a timestamp', () => {
  const signature = stamped();
  const after = { trust: stampedTrust(), nowMs: pki.nowMs + 60 * dayMs, profile: 'codeSigning' } as const;

  const now = { ...after, nowMs: pki.nowMs };
  const unbelieved = { ...now, trust: trustOf([root()]) };

  test('holds as it was made, after its certificate expired too, and where nobody believes the timestamp', () => {
    for (const circumstances of [after, now, unbelieved])
      expect(verifyDetached({ ...circumstances, content: stampedContent, signature }).ok).toBe(true);
  });

  test('with any one byte changed, those of the timestamp included, never verifies', () => {
    fc.assert(
      fc.property(...anyChange, fc.constantFrom(after, now, unbelieved), (at, by, circumstances) => {
        const input = { ...circumstances, content: stampedContent, signature: changed(signature, at, by) };
        expect(verifyDetached(input).ok).toBe(false);
      }),
      runs(100_000),
    );
  });

  test('whose authority names the certificates beside its own is no less strict where it is not believed', () => {
    const certificates = [timeCertificate(), timeRoot()];
    const attributes = (info: Uint8Array) => [...infoAttributes(info), namesCertificate(...certificates)];
    const named = stamped({ around: { certificates }, attributes });
    expect(verifyDetached({ ...unbelieved, content: stampedContent, signature: named }).ok).toBe(true);
    fc.assert(
      fc.property(...anyChange, (at, by) => {
        const input = { ...unbelieved, content: stampedContent, signature: changed(named, at, by) };
        expect(verifyDetached(input).ok).toBe(false);
      }),
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
            signature: signatures[0]!,
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
  const samples = [...signatures, middle, pki.rootCertificate(), stamped(), ...smallFixtures()];

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

describe('reading DER takes no more than linear time', () => {
  // Steps are counted, not timed: every byte that is looked at. Each is part of one header or value, and the order of sets
  // compares each at most twice for every level it is nested in.
  const stepsPerByte = 1 + 2 * derLimits.depth;

  test('on mutated inputs, and ends with one kind of error', () => {
    const samples = [...signatures, stamped(), ...smallFixtures()];
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
        (bytes, edits) => {
          const copy = Uint8Array.from(bytes);
          for (const [at, value] of edits) copy[at % copy.length] = value;
          const counted = countReads(copy);
          expect(reasonOf(() => readDer(counted.bytes))).toMatch(/^(?:ok|DER_\w+)$/u);
          expect(counted.reads()).toBeLessThanOrEqual(copy.length * stepsPerByte);
        },
      ),
      runs(100_000),
    );
  });

  test('on the flattest there is, and on sets within sets', () => {
    const flat = der(0x30, ...Array.from({ length: 15_000 }, nullValue));
    let sets = der(0x31, ...Array.from({ length: 500 }, () => octets(Buffer.alloc(20))));
    for (let level = 2; level < derLimits.depth; level += 1) sets = level < 6 ? der(0x31, sets, sets) : der(0x31, sets);
    for (const bytes of [flat, sets]) {
      const counted = countReads(bytes);
      expect(reasonOf(() => readDer(counted.bytes, { ...derLimits, bytes: bytes.length }))).toBe('ok');
      expect(counted.reads()).toBeLessThanOrEqual(bytes.length * stepsPerByte);
    }
  });

  test('and stops at the limit of elements and of depth, whatever is left', () => {
    const flat = der(0x30, ...Array.from({ length: 15_001 }, nullValue));
    expect(reasonOf(() => readDer(flat, { ...derLimits, elements: 15_000 }))).toBe('DER_TOO_MANY');
    let deep = nullValue();
    for (let level = 0; level < 1000; level += 1) deep = der(0x30, deep);
    const counted = countReads(deep);
    expect(reasonOf(() => readDer(counted.bytes))).toBe('DER_TOO_DEEP');
    expect(counted.reads()).toBeLessThan(8 * derLimits.depth);
  });
});

/** Bad fixtures that are quick to read: seeds that stand close to each border. */
function smallFixtures(): readonly Uint8Array[] {
  const made = badFixtures
    .filter(({ id }) => /^(?:pss|token|time|names|padding|dsa)/u.test(id))
    .map((one) => one.make());
  return made.map(({ signature }) => signature).filter(({ length }) => length < 8192);
}

/** Bytes, and every part of them, that count how often one is looked at. */
function countReads(source: Uint8Array): { bytes: Uint8Array; reads: () => number } {
  let reads = 0;
  const counted = (bytes: Uint8Array): Uint8Array =>
    new Proxy(bytes, {
      get(target, key) {
        if (key === 'subarray') return (start: number, end: number) => counted(target.subarray(start, end));
        if (typeof key === 'string' && /^\d+$/u.test(key)) reads += 1;
        return Reflect.get(target, key, target) as unknown;
      },
    });
  return { bytes: counted(source), reads: () => reads };
}

function reasonOf(read: () => unknown): string {
  try {
    read();
    return 'ok';
  } catch (error) {
    return error instanceof ThemisError ? (error.reason ?? error.code) : String(error);
  }
}
