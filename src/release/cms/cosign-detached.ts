/**
 * One more signature beside those that a content has already (m of n): the signers, certificates and digest algorithms
 * of both, each a DER set. What the others signed stays byte for byte. Nobody is signed beside whose signature is not
 * over this very content, and no key signs twice.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { Signer } from '../../ports/signer.ts';
import { signersOf } from '../../trust/cms/signers-of.ts';
import { fieldsOf, unwrap } from '../../trust/der/fields.ts';
import { type DerElement, readDer } from '../../trust/der/read-der.ts';
import { tags } from '../../trust/der/tags.ts';
import { readSmall } from '../../trust/der/values.ts';
import { toTrustError } from '../../trust/refusal.ts';
import { readCertificate } from '../../trust/x509/certificate.ts';
import { signDetached, type SigningRole } from '../sign-detached.ts';
import { type SignedDataParts, writeSignedData } from './signed-data.ts';

const context = { zero: 0xa0 } as const;

/** DER ContentInfo with one signer more. Throws what `signDetached` throws, SIGNATURE_INVALID, or POLICY_REFUSED for a key that signed. */
export async function cosignDetached(
  content: Uint8Array,
  present: Uint8Array,
  signer: Signer,
  nowMs: number,
  role: SigningRole = 'release',
): Promise<Uint8Array> {
  const before = signersOf(content, present);
  if (!before.ok) throw toTrustError(before, 'The present signature');
  const key = readCertificate(signer.chain[0] ?? new Uint8Array()).key.id;
  if (before.keys.includes(key)) {
    throw new ThemisError('POLICY_REFUSED', 'This key has signed already; signers are counted by their keys.', {
      hint: 'Sign with the key of another person.',
    });
  }
  const merged = mergeSignatures(present, await signDetached(content, signer, nowMs, role));
  const after = signersOf(content, merged);
  if (!after.ok) throw toTrustError(after);
  return merged;
}

function mergeSignatures(one: Uint8Array, other: Uint8Array): Uint8Array {
  const [a, b] = [partsOf(one), partsOf(other)];
  return writeSignedData({
    version: Math.max(a.version, b.version),
    digestAlgorithms: [...a.digestAlgorithms, ...b.digestAlgorithms],
    certificates: [...a.certificates, ...b.certificates],
    signerInfos: [...a.signerInfos, ...b.signerInfos],
  });
}

/** The form was checked when both were read as signatures. */
function partsOf(bytes: Uint8Array): SignedDataParts {
  const outer = fieldsOf(readDer(bytes), 'The signature file');
  outer.take(tags.oid);
  const fields = fieldsOf(unwrap(outer.take(context.zero), 'The signed data'), 'The signed data');
  const version = readSmall(fields.take(tags.integer), 'The version of the signed data');
  const digestAlgorithms = bytesOf(fields.take(tags.set));
  fields.take(tags.sequence);
  return {
    version,
    digestAlgorithms,
    certificates: bytesOf(fields.optional(context.zero)),
    signerInfos: bytesOf(fields.take(tags.set)),
  };
}

function bytesOf(parent: DerElement | undefined): readonly Uint8Array[] {
  return parent?.children.map((child) => child.bytes) ?? [];
}
