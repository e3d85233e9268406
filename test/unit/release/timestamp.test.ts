import { describe, expect, it } from 'vitest';
import { FakeTimestampAuthority } from '../../../src/adapters/timestamp-authority/fake.ts';
import { timestampSignature } from '../../../src/release/timestamp.ts';
import { fieldsOf } from '../../../src/trust/der/fields.ts';
import { readDer } from '../../../src/trust/der/read-der.ts';
import { verifyDetached } from '../../../src/trust/cms/verify-detached.ts';
import { bits, integer, sequence, utf8 } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { stamped, stampedTrust } from '../../support/trust/bad-timestamps.ts';
import { content, dayMs, leaf, signed, signer, trustOf, root } from '../../support/trust/rsa-stage.ts';
import { timeCertificate, timeRoot, timestampToken, type TokenOptions } from '../../support/trust/timestamp-token.ts';

const granted = (token: Uint8Array): Uint8Array => sequence(sequence(integer(0)), token);

/** Answers with a token over a signature it knows; the nonce comes from the request unless the options say otherwise. */
function authorityOver(signatures: readonly Uint8Array[], options: (nonce: Uint8Array) => TokenOptions = nonceOnly) {
  let calls = 0;
  return new FakeTimestampAuthority((request) => {
    const [, , nonce] = readDer(request).children;
    return granted(timestampToken(signatures[calls++]!, options(nonce!.bytes)));
  });
}

const nonceOnly = (nonce: Uint8Array): TokenOptions => ({ more: [nonce] });

const ask = (signature: Uint8Array, authority: FakeTimestampAuthority, trust = stampedTrust()) =>
  timestampSignature({ signature, authority, trust, nonce: () => Uint8Array.of(0, 1, 2), nowMs: pki.nowMs });

function valueOf(signerInfo: Uint8Array): Uint8Array {
  return readDer(signerInfo).children.at(-1)!.content;
}

describe('asking for a timestamp', () => {
  it('sends hash, nonce and the wish for the certificate, and adds what comes back', async () => {
    const authority = authorityOver([valueOf(signer())]);
    const { signature } = await ask(signed(), authority);
    const fields = fieldsOf(readDer(authority.requests[0]!), 'request');
    expect(fields.take(0x02).content).toEqual(Uint8Array.of(1));
    fields.take(0x30);
    expect([...fields.take(0x02).content]).toEqual([0x40, 0, 1, 2]);
    expect([...fields.take(0x01).content]).toEqual([0xff]);
    const input = { content, signature, trust: stampedTrust(), nowMs: pki.nowMs + 60 * dayMs } as const;
    expect(verifyDetached({ ...input, profile: 'codeSigning' })).toMatchObject({ ok: true });
  });

  it('asks for every signer that has none', async () => {
    const key = pki.keyPair('second', 'rsa2048');
    const id = sequence(pki.name('Root'), integer(4712));
    const second = leaf({ key, serial: integer(4712), subject: pki.name('Second') });
    const both = signed({ certificates: [leaf(), second], signers: [signer(), signer({ key, id })] });
    const order = readDer(both)
      .children[1]!.children[0]!.children.at(-1)!
      .children.map(({ bytes }) => valueOf(bytes));
    const { signature, added } = await ask(both, authorityOver(order));
    expect(added).toHaveLength(2);
    const trust = trustOf([root()], 2, [timeRoot()]);
    const input = { content, signature, trust, nowMs: pki.nowMs + 60 * dayMs } as const;
    expect(verifyDetached({ ...input, profile: 'codeSigning' })).toMatchObject({ ok: true });
  });

  it('keeps of the certificates only what a node without timestamp anchors accepts, where it knows none itself', async () => {
    const certificates = [timeCertificate(), timeRoot()];
    const authority = authorityOver([valueOf(signer())], (nonce) => ({ more: [nonce], around: { certificates } }));
    const input = { signature: signed(), authority, nonce: () => Uint8Array.of(1), nowMs: pki.nowMs };
    const { signature } = await timestampSignature({ ...input, trust: null });
    const question = { content, signature, nowMs: pki.nowMs, profile: 'codeSigning' } as const;
    expect(verifyDetached({ ...question, trust: trustOf([root()]) })).toMatchObject({ ok: true, timestamp: null });
    expect(verifyDetached({ ...question, trust: stampedTrust() })).toMatchObject({ ok: true, timestamp: {} });
  });

  it('leaves a signature alone that has its timestamp', async () => {
    const authority = authorityOver([]);
    const signature = stamped();
    expect((await ask(signature, authority)).signature).toBe(signature);
    expect(authority.requests).toEqual([]);
  });
});

describe('an answer is refused', () => {
  const codeOf = async (authority: FakeTimestampAuthority) =>
    ask(signed(), authority).then(
      () => 'ok',
      (error: { code: string; reason?: string; message: string }) => `${error.code} ${error.reason ?? error.message}`,
    );
  const over = valueOf(signer());

  it('when it is over another signature', async () => {
    expect(await codeOf(authorityOver([Buffer.from('other')]))).toBe('TIMESTAMP_INVALID TIMESTAMP_IMPRINT_MISMATCH');
  });

  it('when it is to another request, or does not say to which', async () => {
    for (const more of [[integer(5)], []])
      expect(await codeOf(authorityOver([over], () => ({ more })))).toMatch(/^TIMESTAMP_INVALID .*another request/u);
  });

  it('when the authority rejects, with its words and without control characters', async () => {
    const words = sequence(integer(2), sequence(utf8('Out of\u001b[31m ink')), bits(Uint8Array.of(0x04), 2));
    expect(await codeOf(new FakeTimestampAuthority(() => sequence(words)))).toMatch(/status 2\) Out of\?\[31m ink$/u);
  });

  it('when it is not encoded as an answer', async () => {
    expect(await codeOf(new FakeTimestampAuthority(() => Buffer.from('<html>')))).toMatch(/^SIGNATURE_MALFORMED DER_/u);
  });
});
