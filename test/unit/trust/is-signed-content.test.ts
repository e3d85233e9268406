import { expect, test } from 'vitest';
import { cosignDetached } from '../../../src/release/cms/cosign-detached.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import { isSignedContent } from '../../../src/trust/cms/is-signed-content.ts';
import { integer } from '../../support/der.ts';
import * as pki from '../../support/pki.ts';
import { testSigner } from '../../support/releases.ts';
import { badFixtures } from '../../support/trust/index.ts';

const content = Buffer.from('an index');

test('a signature is over exactly its content, whoever made it, and by every one of its signers', async () => {
  const signature = await signDetached(content, testSigner(), pki.nowMs);
  expect(isSignedContent(content, signature)).toBe(true);
  expect(isSignedContent(Buffer.from('an indey'), signature)).toBe(false);
  expect(isSignedContent(content, signature.subarray(1))).toBe(false);
  expect(isSignedContent(content, new Uint8Array())).toBe(false);
  const stranger = await signDetached(content, testSigner('stranger'), pki.nowMs);
  expect(isSignedContent(content, stranger)).toBe(true);
  const second = {
    ...testSigner('second'),
    chain: [pki.certificate({ key: pki.keyPair('second'), serial: integer(9) })],
  };
  const both = await cosignDetached(content, signature, second, pki.nowMs);
  expect(isSignedContent(content, both)).toBe(true);
  expect(isSignedContent(Buffer.from('another'), both)).toBe(false);
  const damaged = Uint8Array.from(signature);
  damaged[damaged.length - 2]! ^= 1;
  expect(isSignedContent(content, damaged)).toBe(false);
});

test.each(['CMS_MESSAGE_DIGEST_MISMATCH', 'CMS_SIGNATURE_INVALID', 'CMS_SIGNER_ABSENT', 'CMS_EMBEDDED_CONTENT'])(
  'what is refused with %s is over nothing; of timestamps no notice is taken',
  (code) => {
    const fixtures = badFixtures.filter(({ id, code: own }) => own === code && !id.startsWith('token'));
    expect(fixtures.length).toBeGreaterThan(0);
    for (const fixture of fixtures) {
      const made = fixture.make();
      expect(isSignedContent(made.content, made.signature), fixture.id).toBe(false);
    }
  },
);
