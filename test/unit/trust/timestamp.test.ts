import { describe, expect, it } from 'vitest';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { parseAnchors } from '../../../src/trust/policy/anchors.ts';
import { bits, der, explicit, integer, sequence, time } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { listExtensions } from '../../support/pki-lists.ts';
import { requiringLists, stamped, stampedTrust, withdrawn, withFreshList } from '../../support/trust/bad-timestamps.ts';
import { content, dayMs, leaf, root, signed, signer, trustOf } from '../../support/trust/rsa-stage.ts';
import {
  generalized,
  infoAttributes,
  namesCertificate,
  timeCertificate,
  timePurpose,
  timeRoot,
  timestampToken,
  tokenAttribute,
} from '../../support/trust/timestamp-token.ts';

function verify(signature: Uint8Array, nowMs = pki.nowMs, trust = stampedTrust()) {
  return verifyDetached({ content, signature, trust, nowMs, profile: 'codeSigning' });
}

const stampMs = pki.nowMs - dayMs;
const laterMs = pki.nowMs + 60 * dayMs;

describe('a timestamp that holds', () => {
  it('says when and by whom', () => {
    expect(verify(stamped())).toMatchObject({
      ok: true,
      timestamp: { genTimeMs: stampMs, authority: 'CN=Time Authority' },
      signer: { timestamp: { genTimeMs: stampMs } },
    });
  });

  it('lets a certificate count that has expired since, and nothing else does', () => {
    expect(verify(stamped(), laterMs)).toMatchObject({ ok: true, timestamp: { genTimeMs: stampMs } });
    expect(verify(signed(), laterMs)).toMatchObject({ ok: false, code: 'CERT_EXPIRED' });
  });

  it('may have a fraction of seconds, an accuracy, an ordering, a nonce, a name and extensions', () => {
    const more = [
      sequence(integer(1), der(0x80, Uint8Array.of(1)), der(0x81, Uint8Array.of(1))),
      der(0x01, Uint8Array.of(0xff)),
      integer(99),
      explicit(0, explicit(4, pki.name('Time Authority'))),
    ];
    const signature = stamped({ more, genTime: generalized(stampMs).replace('Z', '.1234Z') });
    expect(verify(signature, laterMs)).toMatchObject({ ok: true, timestamp: { genTimeMs: stampMs + 123 } });
  });

  it('is not believed where no timestamp anchors are named', () => {
    expect(verify(stamped(), pki.nowMs, trustOf([root()]))).toMatchObject({ ok: true, timestamp: null });
  });

  it.each([
    ['nonRepudiation alone', [pki.extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0x40), 6), true)]],
    ['both', [pki.extension(pki.extensionOids.keyUsage, bits(Uint8Array.of(0xc0), 6), true)]],
    ['no key usage', []],
  ])('may come from an authority with %s', (_, usage) => {
    const certificate = timeCertificate({ extensions: [pki.extensions.notCa(), ...usage, timePurpose()] });
    expect(verify(stamped({ certificate }), laterMs)).toMatchObject({ ok: true, timestamp: { genTimeMs: stampMs } });
  });

  it('may then carry no certificates but those that its authority names', () => {
    const certificates = [timeCertificate(), timeRoot()];
    const attributes = (info: Uint8Array) => [...infoAttributes(info), namesCertificate(...certificates)];
    const named = stamped({ around: { certificates }, attributes });
    expect(verify(named, pki.nowMs, trustOf([root()]))).toMatchObject({ ok: true, timestamp: null });
    expect(verify(named)).toMatchObject({ ok: true, timestamp: { authority: 'CN=Time Authority' } });
    expect(verify(stamped({ around: { certificates } }))).toMatchObject({ ok: true });
  });

  it('from before a certificate was replaced stands once that has expired, and not before', () => {
    const trust = withdrawn(pki.nowMs + 5 * dayMs, 4);
    expect(verify(stamped(), laterMs, trust)).toMatchObject({ ok: true });
    expect(verify(stamped(), pki.nowMs + 20 * dayMs, trust)).toMatchObject({ ok: false, code: 'CERT_REVOKED' });
  });

  it('is not undone by a list from after the certificate expired, nor is what older lists say', () => {
    const replaced = withdrawn(pki.nowMs + 5 * dayMs, 4);
    const lost = withdrawn(pki.nowMs - 5 * dayMs, 1);
    expect(verify(stamped(), laterMs, withFreshList(replaced))).toMatchObject({ ok: true });
    expect(verify(stamped(), laterMs, requiringLists(withFreshList(lost)))).toMatchObject({ code: 'CERT_REVOKED' });
    const reaches = listExtensions.expiredSince(pki.nowMs);
    expect(verify(stamped(), laterMs, requiringLists(withFreshList(stampedTrust(), reaches)))).toMatchObject({
      ok: true,
    });
  });

  it('counts for its own signer alone', () => {
    const secondKey = pki.keyPair('second', 'rsa2048');
    const second = leaf({ key: secondKey, serial: integer(4712), subject: pki.name('Second') });
    const unsigned = (signature: Uint8Array): Uint8Array => explicit(1, tokenAttribute(timestampToken(signature)));
    const id = sequence(pki.name('Root'), integer(4712));
    const signature = signed({
      certificates: [leaf(), second],
      signers: [signer(), signer({ key: secondKey, id, unsigned })],
    });
    const trust = trustOf([root()], 2, [timeRoot()]);
    const result = verify(signature, pki.nowMs, trust);
    const stamps = result.ok ? [result.signer, ...result.cosigners].map(({ timestamp }) => timestamp?.genTimeMs) : [];
    expect(new Set(stamps)).toEqual(new Set([stampMs, undefined]));
    expect(verify(signature, laterMs, trust)).toMatchObject({ ok: false, code: 'CERT_EXPIRED' });
  });
});

describe('the span in which the answer holds', () => {
  const spanAt = (signature: Uint8Array, nowMs: number, trust = stampedTrust()) => {
    const result = verify(signature, nowMs, trust);
    return result.ok ? [result.validFromMs, result.validUntilMs] : result.code;
  };

  it('is that of the certificates of the path', () => {
    const from = pki.nowMs - 30 * dayMs;
    const until = pki.nowMs + 30 * dayMs;
    expect(spanAt(signed(), pki.nowMs)).toEqual([from, until]);
    expect(spanAt(signed(), from)).toEqual([from, until]);
    expect(spanAt(signed(), from - 1)).toBe('CERT_NOT_YET_VALID');
    expect(spanAt(signed(), until)).toEqual([from, until]);
    expect(spanAt(signed(), until + 1)).toBe('CERT_EXPIRED');
  });

  it('ends with the anchor where that ends first', () => {
    const until = pki.nowMs + dayMs;
    const trust = trustOf([root({ notAfter: time(until) })]);
    expect(spanAt(signed(), pki.nowMs, trust)).toEqual([pki.nowMs - 30 * dayMs, until]);
  });

  it('goes on from the end of the certificate to that of anchor and authority where a timestamp counts', () => {
    const after = pki.nowMs + 30 * dayMs + 1;
    expect(spanAt(stamped(), pki.nowMs)).toEqual([stampMs - 300_000, after - 1]);
    expect(spanAt(stamped(), after)).toEqual([after, pki.nowMs + 300 * dayMs]);
    expect(spanAt(stamped(), pki.nowMs + 300 * dayMs + 1)).toBe('TIMESTAMP_AUTHORITY_VALIDITY');
  });

  it('is plain data, with everything else that is known', () => {
    const result = verify(stamped());
    expect(structuredClone(result)).toEqual(result);
  });
});

describe('timestamp anchors of the anchors file', () => {
  const parse = (timestampAnchors: unknown) => {
    const file = JSON.parse(Buffer.from(pki.anchorsFile()).toString()) as object;
    const parsed = parseAnchors(Buffer.from(JSON.stringify({ ...file, timestampAnchors })));
    return parsed.ok ? parsed.anchors.timestampAnchors.map(({ name }) => name) : parsed.code;
  };
  const anchor = { name: 'time', certificate: pki.pem(timeRoot()) };

  it('are a list of their own, empty by default', () => {
    expect(parse([anchor])).toEqual(['time']);
    expect(parse(undefined)).toEqual([]);
  });

  it('are checked like the others', () => {
    expect(parse('none')).toBe('ANCHORS_MALFORMED');
    expect(parse([anchor, anchor])).toBe('ANCHOR_REPEATED');
    expect(parse([{ ...anchor, certificate: pki.pem(leaf()) }])).toBe('ANCHOR_NOT_CA');
  });
});
