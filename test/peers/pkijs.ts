import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as pkijs from 'pkijs';
import type { Peer } from './verdict.ts';

const exact = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** `SignedData.verify` with the chain checked, for every signer there is. */
export function pkijsPeer(): Peer {
  // Its types are those of browsers before key encapsulation.
  const engine = new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto });
  pkijs.setEngine('node', engine as unknown as pkijs.ICryptoEngine);
  const { version } = JSON.parse(
    readFileSync(new URL('../../node_modules/pkijs/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  return {
    name: 'pkijs',
    version,
    async judge({ content, signature, anchors, lists, nowMs }) {
      let signed: pkijs.SignedData;
      try {
        signed = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(exact(signature)).content });
        if (lists.length > 0) signed.crls = lists.map((list) => pkijs.CertificateRevocationList.fromBER(exact(list)));
      } catch {
        return 'unread';
      }
      const trustedCerts = anchors.map((anchor) => pkijs.Certificate.fromBER(exact(anchor)));
      const question = { data: exact(content), trustedCerts, checkChain: true, checkDate: new Date(nowMs) };
      try {
        for (const signer of signed.signerInfos.keys())
          if (!(await signed.verify({ ...question, signer }))) return 'refuses';
      } catch {
        return 'refuses';
      }
      return signed.signerInfos.length === 0 ? 'refuses' : 'accepts';
    },
  };
}
