import { createHash } from 'node:crypto';
import type { Digest } from '../../kernel/digest.ts';
import { equalBytes } from '../der/read-der.ts';
import { readOctets } from '../der/values.ts';
import { refuse, refusing, type Refusal } from '../refusal.ts';
import { isSignedBy } from '../x509/public-key.ts';
import { readSignedData } from './read-signed-data.ts';

const messageDigest = '1.2.840.113549.1.9.4';

/**
 * Whose keys signed this content, by the certificates that came along, trusted or not: what somebody who signs beside
 * them has to know. Refuses a signature that is over another content or does not hold.
 */
export function signersOf(
  content: Uint8Array,
  signature: Uint8Array,
): { readonly ok: true; readonly keys: readonly Digest[] } | Refusal {
  return refusing(() => {
    const data = readSignedData(signature);
    const keys = data.signers.map(({ id, attributes, algorithm, digest, signedBytes, signature: value }) => {
      const certificate = data.certificates.find((each) =>
        id.kind === 'subject-key-id'
          ? each.extensions.subjectKeyId === id.keyId
          : equalBytes(each.issuer.bytes, id.issuer.bytes) && each.serial === id.serial,
      );
      if (certificate === undefined)
        return refuse('CMS_SIGNER_UNKNOWN', 'The certificate of a signer is not in the signature.');
      const [covered] = attributes.get(messageDigest) ?? [];
      const actual = createHash(digest).update(content).digest();
      if (covered === undefined || !equalBytes(readOctets(covered, 'The message digest'), actual))
        refuse('CMS_MESSAGE_DIGEST_MISMATCH', 'The content is not what was signed.');
      if (!isSignedBy(certificate.key, { ...algorithm, hash: digest }, signedBytes, value))
        refuse('CMS_SIGNATURE_INVALID', 'A signature was not made with the key of its certificate.');
      return certificate.key.id;
    });
    return { keys };
  });
}
