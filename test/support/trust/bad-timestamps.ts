/** Signatures that hold, each with a timestamp that does not: what is present and bad refuses, needed or not. */
import { boolean, der, explicit, integer, octets, oid, sequence, time } from '../der.ts';
import { readCertificateList } from '../../../src/trust/x509/certificate-list.ts';
import * as pki from '../pki.ts';
import { listExtensions, revocationList, revoked } from '../pki-lists.ts';
import type { BadFixture, BadSignature } from './bad-fixture.ts';
import { bad, dayMs, leaf, root, rootKey, signed, signer, signedBy, trustOf } from './rsa-stage.ts';
import {
  generalized,
  infoAttributes,
  namesCertificate,
  timeCertificate,
  timePurpose,
  timeRoot,
  timeRootKey,
  timestampToken,
  timeKey,
  tokenAttribute,
  type TokenOptions,
} from './timestamp-token.ts';

export const stampedTrust = (): BadSignature['trust'] => trustOf([root()], 1, [timeRoot()]);

export function stamped(options: TokenOptions = {}): Uint8Array {
  return signedBy({ unsigned: (signature) => explicit(1, tokenAttribute(timestampToken(signature, options))) });
}

function badToken(
  code: BadFixture['code'],
  id: string,
  what: string,
  options: () => TokenOptions,
  over: () => Partial<BadSignature> = () => ({}),
): BadFixture {
  return bad(code, id, what, () => ({ signature: stamped(options()), trust: stampedTrust(), ...over() }));
}

/** The authority of the signer has withdrawn its certificate. CRLReason 1 is a lost key, 4 a certificate that was replaced. */
export function withdrawn(atMs: number, reason: number): BadSignature['trust'] {
  const entries = [revoked(4711, { at: atMs, reason })];
  const current = { thisUpdate: time(atMs + dayMs / 2), nextUpdate: time(pki.nowMs + 90 * dayMs) };
  const list = revocationList({ issuerKey: rootKey(), ...current, entries });
  return { ...stampedTrust(), crls: [readCertificateList(list)] };
}

const afterMs = pki.nowMs + 60 * dayMs;
/** From after the certificates expired, which the authorities leave out by then. */
const fresh = { thisUpdate: time(afterMs - dayMs), nextUpdate: time(afterMs + dayMs) };
const freshList = (...more: readonly Uint8Array[]): Uint8Array =>
  revocationList({
    issuerKey: rootKey(),
    ...fresh,
    extensions: [listExtensions.number(8), listExtensions.authorityKeyId(rootKey()), ...more],
  });
const timeRootList = (): Uint8Array =>
  revocationList({ issuer: pki.name('Time Root'), issuerKey: timeRootKey(), ...fresh });

/** As somebody has it who gets lists again and again. */
export function withFreshList(trust: BadSignature['trust'], ...more: readonly Uint8Array[]): BadSignature['trust'] {
  return { ...trust, crls: [...trust.crls, readCertificateList(freshList(...more))] };
}

export function requiringLists(trust: BadSignature['trust']): BadSignature['trust'] {
  return {
    anchors: { ...trust.anchors, revocation: 'required' },
    crls: [...trust.crls, readCertificateList(timeRootList())],
  };
}

/** The token carries this certificate of its authority, and names it. */
const under = (certificate: Uint8Array): TokenOptions => ({ certificate });
const unknownExtension = (...flag: readonly Uint8Array[]): Uint8Array =>
  sequence(oid('1.3.6.1.4.1.99999.3'), ...flag, octets(sequence()));

/** By the accuracy of a minute the true time may be a minute off. */
const withinAMinute = (ms: number): TokenOptions => ({ genTime: generalized(ms), more: [sequence(integer(60))] });

const betweenKey = (): pki.KeyPair => pki.keyPair('time-between', 'rsa2048');
/** An authority between anchor and timestamp authority, whom the timestamp authority does not name among its issuers. */
function namesOtherIssuers(): TokenOptions {
  const between = timeCertificate({
    subject: pki.name('Time Between'),
    key: betweenKey(),
    serial: integer(78),
    extensions: pki.caExtensions(betweenKey(), timeRootKey()),
  });
  const own = timeCertificate({ issuer: pki.name('Time Between'), issuerKey: betweenKey() });
  return {
    certificate: own,
    signer: { id: sequence(pki.name('Time Between'), integer(77)) },
    around: { certificates: [own, between] },
    attributes: (info) => [...infoAttributes(info), namesCertificate(own, timeRoot())],
  };
}

/** What stands under one anchor now, which was none then, and stood then under another, which is none now. */
function underTwoAnchors(): Pick<BadSignature, 'signature' | 'trust'> {
  const key = pki.keyPair('middle', 'rsa2048');
  const authority = { subject: pki.name('Middle'), key, extensions: pki.caExtensions(key, rootKey()) };
  const middle = leaf({ ...authority, serial: integer(2) });
  const later = { notBefore: time(pki.nowMs + 35 * dayMs), notAfter: time(pki.nowMs + 400 * dayMs) };
  const asAnchor = leaf({ ...authority, ...later, serial: integer(3) });
  const own = leaf({ issuer: pki.name('Middle'), issuerKey: key });
  const id = sequence(pki.name('Middle'), integer(4711));
  const unsigned = (signature: Uint8Array): Uint8Array => explicit(1, tokenAttribute(timestampToken(signature)));
  return {
    signature: signed({ certificates: [own, middle], signers: [signer({ id, unsigned })] }),
    trust: trustOf([asAnchor, root({ notAfter: time(pki.nowMs + 40 * dayMs) })], 1, [timeRoot()]),
  };
}

export const badTimestamps: readonly BadFixture[] = [
  bad('TIMESTAMP_REPEATED', 'two-timestamps', 'two timestamps over one signature', () => ({
    signature: signedBy({
      unsigned: (signature) =>
        explicit(1, tokenAttribute(timestampToken(signature), timestampToken(signature, { serial: integer(10) }))),
    }),
    trust: stampedTrust(),
  })),
  badToken('TIMESTAMP_CONTENT_TYPE', 'token-of-plain-data', 'a token over plain data', () => ({
    content: sequence(oid('1.2.840.113549.1.7.1')),
    around: { version: 1 },
  })),
  badToken('TIMESTAMP_CONTENT_MISSING', 'token-without-content', 'a token without its content', () => ({
    content: sequence(oid('1.2.840.113549.1.9.16.1.4')),
  })),
  badToken('TIMESTAMP_SIGNER_COUNT', 'token-with-two-signers', 'a token with two signers', () => ({
    secondSigner: true,
  })),
  badToken('TIMESTAMP_VERSION', 'token-version', 'a timestamp of another version', () => ({ version: integer(2) })),
  badToken('TIMESTAMP_IMPRINT_MISMATCH', 'token-of-another', 'the timestamp of another signature', () => ({
    imprinted: Buffer.from('another signature'),
  })),
  badToken('ALGORITHM_SHA1', 'token-imprint-sha-1', 'a timestamp whose imprint is SHA-1', () => ({
    imprintAlgorithm: pki.algorithms.sha1,
  })),
  badToken('TIMESTAMP_TIME', 'time-with-trailing-zero', 'a fraction of seconds that ends with 0', () => ({
    genTime: generalized(pki.nowMs - dayMs).replace('Z', '.120Z'),
  })),
  badToken('TIMESTAMP_TIME', 'time-without-seconds', 'a time without seconds', () => ({
    genTime: generalized(pki.nowMs - dayMs).replace(/..Z$/u, 'Z'),
  })),
  badToken('TIMESTAMP_ACCURACY', 'accuracy-out-of-range', 'an accuracy of 1000 milliseconds', () => ({
    more: [sequence(der(0x80, Uint8Array.of(3, 0xe8)))],
  })),
  badToken('TIMESTAMP_EXTENSION_CRITICAL', 'token-critical-extension', 'a critical extension that is unknown', () => ({
    more: [explicit(1, unknownExtension(boolean(true)))],
  })),
  badToken('TIMESTAMP_EXTENSION_REPEATED', 'token-extension-twice', 'an extension twice', () => ({
    more: [explicit(1, unknownExtension(), unknownExtension())],
  })),
  badToken('TIMESTAMP_AUTHORITY_MISMATCH', 'token-names-another', 'a token that names another authority', () => ({
    more: [explicit(0, explicit(4, pki.name('Other Authority')))],
  })),
  badToken(
    'TIMESTAMP_SIGNING_CERTIFICATE_MISSING',
    'token-names-no-certificate',
    'an authority that names no certificate as its own',
    () => ({
      attributes: infoAttributes,
    }),
  ),
  badToken(
    'CMS_SIGNING_CERTIFICATE_MISMATCH',
    'token-names-another-certificate',
    'an authority that names another certificate',
    () => ({
      attributes: (info) => [...infoAttributes(info), namesCertificate(timeRoot())],
    }),
  ),
  badToken('CMS_SIGNATURE_INVALID', 'token-by-another-key', 'a token signed with another key', () => ({
    key: pki.keyPair('other', 'rsa2048'),
  })),
  badToken('CMS_UNSIGNED_ATTRIBUTES', 'token-in-a-token', 'a token that carries a token', () => ({
    signer: { unsigned: explicit(1, tokenAttribute(integer(1))) },
  })),
  badToken(
    'TIMESTAMP_EKU_MISSING',
    'authority-for-code-signing',
    'an authority whose certificate is for code signing',
    () => under(timeCertificate({}, timePurpose(true, pki.purposeOids.codeSigning))),
  ),
  badToken(
    'TIMESTAMP_EKU_NOT_ALONE',
    'authority-for-more',
    'an authority whose certificate is for more than timestamps',
    () => under(timeCertificate({}, timePurpose(true, pki.purposeOids.timeStamping, pki.purposeOids.codeSigning))),
  ),
  badToken(
    'TIMESTAMP_EKU_NOT_CRITICAL',
    'authority-purpose-not-critical',
    'a purpose of the authority that is not critical',
    () => under(timeCertificate({}, timePurpose(false))),
  ),
  badToken(
    'TIMESTAMP_UNTRUSTED',
    'authority-untrusted',
    'an authority that only the release anchors know',
    () => ({}),
    () => ({ trust: trustOf([root(), timeRoot()], 1, [root()]) }),
  ),
  badToken('TIMESTAMP_IN_FUTURE', 'time-in-the-future', 'a time that has not come yet', () => ({
    genTime: generalized(pki.nowMs + dayMs),
  })),
  badToken('TIMESTAMP_AUTHORITY_VALIDITY', 'authority-expired', 'an authority whose certificate has expired', () =>
    under(timeCertificate({ notAfter: time(pki.nowMs - dayMs / 2) })),
  ),
  badToken(
    'TIMESTAMP_AUTHORITY_VALIDITY',
    'time-before-the-authority',
    'a time from before the certificate of the authority',
    () => under(timeCertificate({ notBefore: time(pki.nowMs - dayMs / 2) })),
  ),
  badToken(
    'TIMESTAMP_SIGNER_VALIDITY',
    'time-after-expiry',
    'an expired certificate and a time from after it expired',
    () => ({ genTime: generalized(pki.nowMs + 40 * dayMs) }),
    () => ({ nowMs: pki.nowMs + 60 * dayMs }),
  ),
  badToken(
    'TIMESTAMP_SIGNER_VALIDITY',
    'time-just-after-expiry',
    'an expired certificate and a time from less than a millisecond after it expired',
    () => ({ genTime: generalized(pki.nowMs + 30 * dayMs).replace('Z', '.0009Z') }),
    () => ({ nowMs: pki.nowMs + 60 * dayMs }),
  ),
  badToken(
    'TIMESTAMP_SIGNER_VALIDITY',
    'time-before-the-signer',
    'a time from before the certificate of the signer',
    () => ({
      genTime: generalized(pki.nowMs - 40 * dayMs),
    }),
  ),
  badToken(
    'CERT_EXPIRED',
    'expired-and-no-timestamp-anchors',
    'an expired certificate and a timestamp that nobody here vouches for',
    () => ({}),
    () => ({ nowMs: pki.nowMs + 60 * dayMs, trust: trustOf([root()]) }),
  ),
  badToken(
    'CERT_REVOKED',
    'revoked-before-the-timestamp',
    'an expired certificate that was withdrawn before the time of the timestamp',
    () => ({}),
    () => ({ nowMs: pki.nowMs + 60 * dayMs, trust: withdrawn(pki.nowMs - 5 * dayMs, 4) }),
  ),
  badToken(
    'CERT_REVOKED',
    'key-lost-after-the-timestamp',
    'an expired certificate whose key was lost, whatever the timestamp says',
    () => ({}),
    () => ({ nowMs: pki.nowMs + 60 * dayMs, trust: withdrawn(pki.nowMs + 5 * dayMs, 1) }),
  ),
  badToken(
    'TIMESTAMP_AUTHORITY_VALIDITY',
    'accuracy-beyond-the-authority',
    'a time that may lie after the end of the certificate of the authority',
    () => ({
      ...withinAMinute(pki.nowMs - 10_000),
      ...under(timeCertificate({ notAfter: time(pki.nowMs + 20_000) })),
    }),
  ),
  badToken(
    'TIMESTAMP_SIGNER_VALIDITY',
    'accuracy-beyond-the-signer',
    'an expired certificate and a time that may lie after it expired',
    () => withinAMinute(pki.nowMs + 30 * dayMs - 30_000),
    () => ({ nowMs: afterMs }),
  ),
  badToken(
    'TIMESTAMP_SIGNER_VALIDITY',
    'accuracy-before-the-signer',
    'a time that may lie before the certificate of the signer',
    () => withinAMinute(pki.nowMs - 30 * dayMs + 30_000),
  ),
  badToken(
    'CERT_REVOKED',
    'revoked-within-the-accuracy',
    'an expired certificate that was withdrawn before the time may have been',
    () => withinAMinute(pki.nowMs - 5 * dayMs),
    () => ({ nowMs: afterMs, trust: withdrawn(pki.nowMs - 5 * dayMs + 30_000, 4) }),
  ),
  badToken(
    'CMS_SIGNING_CERTIFICATE_MISMATCH',
    'token-names-other-issuers',
    'an issuer in the path of the authority that the authority does not name',
    namesOtherIssuers,
  ),
  bad(
    'ANCHOR_EXPIRED',
    'anchor-expired-with-a-timestamp',
    'an anchor that has expired, whatever a timestamp says',
    () => ({
      ...underTwoAnchors(),
      nowMs: afterMs,
    }),
  ),
  badToken(
    'CERT_REVOKED',
    'revoked-and-left-out-since',
    'an expired certificate whose key was lost, which a list from after it expired leaves out',
    () => ({}),
    () => ({ nowMs: afterMs, trust: withFreshList(withdrawn(pki.nowMs - 5 * dayMs, 1)) }),
  ),
  badToken(
    'CERT_REVOKED',
    'hold-ends-with-the-certificate',
    'an expired certificate on hold, which changes to the list take out because it expired',
    () => ({}),
    () => {
      const changes = revocationList({
        issuerKey: rootKey(),
        ...fresh,
        entries: [revoked(4711, { reason: 8 })],
        extensions: [listExtensions.number(8), listExtensions.authorityKeyId(rootKey()), listExtensions.deltaOf(7)],
      });
      const onHold = withdrawn(pki.nowMs - 5 * dayMs, 6);
      return { nowMs: afterMs, trust: { ...onHold, crls: [...onHold.crls, readCertificateList(changes)] } };
    },
  ),
  badToken(
    'CMS_CERTIFICATE_UNUSED',
    'token-with-a-stranger',
    'a token with a certificate that has no part in it, where no timestamp anchors are known',
    () => ({ around: { certificates: [timeCertificate(), timeRoot()] } }),
    () => ({ trust: trustOf([root()]) }),
  ),
  badToken(
    'CRL_AFTER_EXPIRY',
    'list-from-after-expiry',
    'an expired certificate, and of the lists that are required only one from after it expired',
    () => ({}),
    () => ({ nowMs: afterMs, trust: requiringLists(withFreshList(stampedTrust())) }),
  ),
  bad('DER_UNEXPECTED', 'timestamp-that-is-none', 'something else in place of a timestamp', () => ({
    signature: signed({ signers: [signer({ unsigned: explicit(1, tokenAttribute(integer(1))) })] }),
    trust: stampedTrust(),
  })),
  badToken('CERT_KEY_USAGE_DIGITAL_SIGNATURE', 'authority-may-not-sign', 'an authority whose key may not sign', () => {
    const extensions = [pki.extensions.notCa(), pki.extensions.keyCertSign(), timePurpose()];
    return under(timeCertificate({ key: timeKey(), extensions }));
  }),
];
