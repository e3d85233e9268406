/** Signatures over the right content by the right signer, with algorithms, parameters, padding or keys that are not accepted. */
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { readDer } from '../../../src/trust/der/read-der.ts';
import { bits, explicit, integer, nullValue, oid, sequence } from '../der.ts';
import * as pki from '../pki.ts';
import type { BadFixture } from './bad-fixture.ts';
import { cubeRootForgery, digestInfo, padded, rawSignature, spkiWithExponent } from './rsa-padding.ts';
import { bad, leafKey, signed, signedBy, signedWithKey, signer } from './rsa-stage.ts';

const hashes = { sha1: '1.3.14.3.2.26', md5: '1.2.840.113549.2.5', sha224: '2.16.840.1.101.3.4.2.4' };
const rsaWith = { sha1: '1.2.840.113549.1.1.5', md5: '1.2.840.113549.1.1.4', sha224: '1.2.840.113549.1.1.14' };

/** Right throughout with a hash that is not accepted. */
function hashedWith(hash: keyof typeof hashes): Uint8Array {
  const digest = sequence(oid(hashes[hash]));
  const algorithm = sequence(oid(rsaWith[hash]), nullValue());
  return signedBy({ digest, algorithm, hash }, { digests: [digest] });
}

const mgf1 = (hash: Uint8Array): Uint8Array => sequence(oid('1.2.840.113549.1.1.8'), hash);

function pss(...parameters: readonly Uint8Array[]): Uint8Array {
  return sequence(oid('1.2.840.113549.1.1.10'), sequence(...parameters));
}

const pssHash = explicit(0, pki.algorithms.sha256);
const pssMask = explicit(1, mgf1(pki.algorithms.sha256));
const pssSalt = (length: number): Uint8Array => explicit(2, integer(length));

/** Signed as the parameters say. */
function signedPss(algorithm: Uint8Array, saltLength = 32): Uint8Array {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return signedBy({
    algorithm,
    signature: (bytes) => sign('sha256', bytes, { key: leafKey().privateKey, padding, saltLength }),
  });
}

let maskKey: pki.KeyPair | undefined;

/** A key that masks with SHA-1, presented as a plain RSA key. */
function signedWithOtherMask(): Uint8Array {
  const key = (maskKey ??= generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha1',
  }));
  const [, numbers] = readDer(pki.spkiOf(key)).children;
  const signature = (bytes: Uint8Array): Uint8Array =>
    sign('sha256', bytes, { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  const algorithm = pss(pssHash, explicit(1, mgf1(sequence(oid(hashes.sha1)))), pssSalt(32));
  return signedWithKey(key, { algorithm, signature }, { spki: sequence(pki.algorithms.rsa, numbers!.bytes) });
}

function signedDsa(): Uint8Array {
  const key = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  return signedWithKey(key, { algorithm: sequence(oid('2.16.840.1.101.3.4.3.2')) });
}

const raw = (block: (bytes: Uint8Array) => Uint8Array): Uint8Array =>
  signedBy({ signature: (bytes) => rawSignature(leafKey(), block(bytes)) });

export const badAlgorithms: readonly BadFixture[] = [
  bad('ALGORITHM_SHA1', 'sha-1', 'SHA-1', () => hashedWith('sha1')),
  bad('ALGORITHM_SHA1', 'pss-without-hash', 'RSA-PSS parameters that leave out the hash, which means SHA-1', () =>
    signedPss(pss()),
  ),
  bad('ALGORITHM_MD5', 'md5', 'MD5', () => hashedWith('md5')),
  bad('ALGORITHM_UNSUPPORTED', 'sha-224', 'a hash that is not in the list', () => hashedWith('sha224')),
  bad('ALGORITHM_DSA', 'dsa-algorithm', 'DSA as the algorithm', () =>
    signedBy({ algorithm: sequence(oid('2.16.840.1.101.3.4.3.2')) }),
  ),
  bad('KEY_UNSUPPORTED', 'dsa-key', 'a DSA key', signedDsa),
  bad('KEY_UNSUPPORTED', 'curve-not-listed', 'a curve other than P-256 and P-384', () =>
    signedWithKey(pki.keyPair('leaf', 'secp256k1')),
  ),
  bad('ALGORITHM_PARAMETERS', 'rsa-without-null', 'RSA without its NULL', () =>
    signedBy({ algorithm: sequence(oid('1.2.840.113549.1.1.11')) }),
  ),
  bad('ALGORITHM_PARAMETERS', 'ecdsa-with-null', 'ECDSA with parameters', () =>
    signedWithKey(pki.keyPair('leaf'), { algorithm: sequence(oid('1.2.840.10045.4.3.2'), nullValue()) }),
  ),
  bad('ALGORITHM_PARAMETERS', 'ed25519-with-null', 'Ed25519 with parameters', () =>
    signedEd25519(sequence(oid('1.3.101.112'), nullValue())),
  ),
  bad('ALGORITHM_PARAMETERS', 'digest-with-parameters', 'a digest with parameters other than NULL', () => {
    const digest = sequence(oid('2.16.840.1.101.3.4.2.1'), integer(1));
    return signedBy({ digest }, { digests: [digest] });
  }),
  bad('ALGORITHM_PARAMETERS', 'pss-without-parameters', 'RSA-PSS without parameters', () =>
    signedPss(sequence(oid('1.2.840.113549.1.1.10'))),
  ),
  bad('ALGORITHM_PSS_MASK', 'pss-mask-sha-1', 'RSA-PSS whose mask uses another hash', signedWithOtherMask),
  bad('ALGORITHM_PSS_SALT', 'pss-salt-20', 'RSA-PSS with a salt that is not as long as the hash', () =>
    signedPss(pss(pssHash, pssMask, pssSalt(20)), 20),
  ),
  bad('ALGORITHM_PSS_TRAILER', 'pss-trailer-written', 'RSA-PSS with its trailer written out', () =>
    signedPss(pss(pssHash, pssMask, pssSalt(32), explicit(3, integer(1)))),
  ),
  bad('KEY_WEAK', 'rsa-1024', 'an RSA key under 2048 bits', () => signedWithKey(pki.keyPair('leaf', 'rsa1024'))),
  bad('KEY_EXPONENT', 'rsa-exponent-1', 'an RSA key with exponent 1, under which anybody signs', () => {
    const signature = (bytes: Uint8Array): Uint8Array => padded(digestInfo(bytes));
    return signedWithKey(leafKey(), { signature }, { spki: spkiWithExponent(leafKey(), 1) });
  }),
  bad('KEY_EXPONENT', 'rsa-exponent-even', 'an RSA key with an even exponent', () =>
    signedWithKey(leafKey(), {}, { spki: spkiWithExponent(leafKey(), 2) }),
  ),
  bad('KEY_MALFORMED', 'point-off-the-curve', 'a point that is not on its curve', () => {
    const spki = Buffer.from(pki.spkiOf(pki.keyPair('leaf')));
    spki[spki.length - 1]! ^= 1;
    return signedWithKey(pki.keyPair('leaf'), {}, { spki });
  }),
  bad(
    'KEY_MALFORMED',
    'ed25519-small-order',
    'an Ed25519 key of small order, under which one signature fits much',
    () => {
      const neutral = Buffer.alloc(32);
      neutral[0] = 1;
      const signature = (): Uint8Array => Buffer.concat([neutral, Buffer.alloc(32)]);
      const spki = sequence(sequence(oid('1.3.101.112')), bits(neutral));
      return signedEd25519(pki.algorithms.ed25519, { signature }, { spki });
    },
  ),
  bad('CMS_DIGEST_MISMATCH', 'hashes-differ', 'content and attributes hashed with different hashes', () => {
    const algorithm = sequence(oid('1.2.840.113549.1.1.13'), nullValue());
    return signedBy({ algorithm, signature: (bytes) => sign('sha512', bytes, leafKey().privateKey) });
  }),
  bad('CMS_DIGEST_MISMATCH', 'ed25519-sha-256', 'Ed25519 with a digest other than SHA-512', () =>
    signedWithKey(pki.keyPair('leaf', 'ed25519')),
  ),
  bad('CMS_SIGNATURE_INVALID', 'algorithm-of-another-key', 'an algorithm that does not fit the key', () =>
    signedBy({ algorithm: pki.algorithms.ecdsaSha256 }),
  ),
  bad('CMS_SIGNATURE_INVALID', 'padding-garbage-behind', 'PKCS#1 padding with garbage behind the hash', () =>
    raw((bytes) => padded(digestInfo(bytes), Buffer.alloc(64, 0x5a))),
  ),
  bad('CMS_SIGNATURE_INVALID', 'padding-without-null', 'PKCS#1 padding whose hash lacks the NULL', () =>
    raw((bytes) => padded(digestInfo(bytes, []))),
  ),
  bad('CMS_SIGNATURE_INVALID', 'padding-garbage-in-parameters', 'PKCS#1 padding with garbage in the parameters', () =>
    raw((bytes) => padded(digestInfo(bytes, [sequence(integer(7))]))),
  ),
  bad('CMS_SIGNATURE_INVALID', 'padding-of-type-2', 'PKCS#1 padding of the type for encryption', () =>
    raw((bytes) => padded(digestInfo(bytes), undefined, 2)),
  ),
  bad('CMS_SIGNATURE_INVALID', 'cube-root-forgery', 'a cube root in place of a signature, made without the key', () =>
    signedWithKey(pki.keyPair('leaf', 'rsa2048e3'), { signature: cubeRootForgery }),
  ),
  bad('CMS_SIGNATURE_INVALID', 'rsa-signature-longer', 'an RSA signature longer than the modulus', () =>
    signedBy({
      signature: (bytes) => Buffer.concat([Uint8Array.of(0), sign('sha256', bytes, leafKey().privateKey)]),
    }),
  ),
  bad('CMS_SIGNATURE_INVALID', 'ecdsa-signature-with-more', 'bytes behind an ECDSA signature', () => {
    const key = pki.keyPair('leaf');
    const signature = (bytes: Uint8Array): Uint8Array =>
      Buffer.concat([sign('sha256', bytes, key.privateKey), Uint8Array.of(0)]);
    return signedWithKey(key, { signature });
  }),
  bad('CMS_DIGEST_UNLISTED', 'digest-not-listed', 'a digest that the list does not name', () =>
    signed({ digests: [pki.algorithms.sha512] }),
  ),
  bad('CMS_DIGEST_REPEATED', 'digest-twice', 'a digest that is listed twice, with parameters and without', () =>
    signed({ digests: [pki.algorithms.sha256, sequence(oid('2.16.840.1.101.3.4.2.1'), nullValue())] }),
  ),
  bad('CMS_DIGEST_UNLISTED', 'digest-in-vain', 'a digest that is listed and not used', () =>
    signed({ digests: [pki.algorithms.sha256, pki.algorithms.sha512], signers: [signer()] }),
  ),
];

function signedEd25519(
  algorithm: Uint8Array,
  signerOptions: pki.SignerOptions = {},
  certificateOptions: pki.CertificateOptions = {},
): Uint8Array {
  return signedWithKey(
    pki.keyPair('leaf', 'ed25519'),
    { algorithm, hash: 'sha512', digest: pki.algorithms.sha512, ...signerOptions },
    certificateOptions,
    { digests: [pki.algorithms.sha512] },
  );
}
