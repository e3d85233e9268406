/**
 * One more signature beside those that a content has already (m of n): the signers, certificates and digest algorithms
 * of both, each a DER set. What the others signed stays byte for byte. Nobody is signed beside whose signature is not
 * over this very content, and no key signs twice.
 */
import { ThemisError } from '../kernel/error.ts';
import type { Signer } from '../ports/signer.ts';
import { signersOf } from '../trust/cms/signers-of.ts';
import { fieldsOf, unwrap } from '../trust/der/fields.ts';
import { compareBytes, type DerElement, readDer } from '../trust/der/read-der.ts';
import { tags } from '../trust/der/tags.ts';
import { readSmall } from '../trust/der/values.ts';
import { toTrustError } from '../trust/refusal.ts';
import { readCertificate } from '../trust/x509/certificate.ts';
import { signDetached } from './sign-detached.ts';

const context = { zero: 0xa0 } as const;

/** DER ContentInfo with one signer more. Throws what `signDetached` throws, SIGNATURE_INVALID, or POLICY_REFUSED for a key that signed. */
export async function cosignDetached(
  content: Uint8Array,
  present: Uint8Array,
  signer: Signer,
  nowMs: number,
): Promise<Uint8Array> {
  const before = signersOf(content, present);
  if (!before.ok) throw toTrustError(before, 'The present signature');
  const key = readCertificate(signer.chain[0] ?? new Uint8Array()).key.id;
  if (before.keys.includes(key)) {
    throw new ThemisError('POLICY_REFUSED', 'This key has signed already; signers are counted by their keys.', {
      hint: 'Sign with the key of another person.',
    });
  }
  const merged = mergeSignatures(present, await signDetached(content, signer, nowMs));
  const after = signersOf(content, merged);
  if (!after.ok) throw toTrustError(after);
  return merged;
}

interface Parts {
  readonly type: Uint8Array;
  readonly version: number;
  readonly digests: readonly Uint8Array[];
  readonly content: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly signers: readonly Uint8Array[];
}

function mergeSignatures(one: Uint8Array, other: Uint8Array): Uint8Array {
  const [a, b] = [partsOf(one), partsOf(other)];
  return element(
    tags.sequence,
    a.type,
    element(
      context.zero,
      element(
        tags.sequence,
        Uint8Array.of(tags.integer, 1, Math.max(a.version, b.version)),
        setOf(tags.set, [...a.digests, ...b.digests]),
        a.content,
        setOf(context.zero, [...a.certificates, ...b.certificates]),
        setOf(tags.set, [...a.signers, ...b.signers]),
      ),
    ),
  );
}

/** The form was checked when both were read as signatures. */
function partsOf(bytes: Uint8Array): Parts {
  const outer = fieldsOf(readDer(bytes), 'The signature file');
  const type = outer.take(tags.oid).bytes;
  const fields = fieldsOf(unwrap(outer.take(context.zero), 'The signed data'), 'The signed data');
  return {
    type,
    version: readSmall(fields.take(tags.integer), 'The version of the signed data'),
    digests: bytesOf(fields.take(tags.set)),
    content: fields.take(tags.sequence).bytes,
    certificates: bytesOf(fields.optional(context.zero)),
    signers: bytesOf(fields.take(tags.set)),
  };
}

function bytesOf(parent: DerElement | undefined): readonly Uint8Array[] {
  return parent?.children.map((child) => child.bytes) ?? [];
}

/** In DER order, each member once. */
function setOf(tag: number, members: readonly Uint8Array[]): Uint8Array {
  const sorted = members.toSorted(compareBytes);
  return element(tag, ...sorted.filter((each, index) => index === 0 || compareBytes(sorted[index - 1]!, each) !== 0));
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) lengthBytes.unshift(rest % 256);
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | lengthBytes.length, ...lengthBytes];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let offset = header.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
