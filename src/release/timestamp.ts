/**
 * Timestamps on a signature (RFC 3161): for each signer without one a token is asked for over its signature value, judged by
 * the checklist nodes use, and put beside the signature as its one unsigned attribute. Certificates that have no part in
 * it are left out, because nodes refuse what rides along unverified: without timestamp anchors all that the authority does
 * not name under its signature.
 */
import { digestBytes, hexOf } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { TimestampAuthority } from '../ports/timestamp-authority.ts';
import { attributeTypes, readSignedData } from '../trust/cms/read-signed-data.ts';
import { compareBytes, type DerElement, readDer } from '../trust/der/read-der.ts';
import { tags } from '../trust/der/tags.ts';
import { derOf, derOid } from '../trust/der/write-der.ts';
import type { TrustStore } from '../trust/policy/trust-store.ts';
import { refusing, toTrustError } from '../trust/refusal.ts';
import { readTimestampAnswer } from '../trust/timestamp/read-timestamp-answer.ts';
import { type CheckedTimestamp, verifyTimestamp } from '../trust/timestamp/verify-timestamp.ts';

export interface TimestampInput {
  /** DER ContentInfo. */
  readonly signature: Uint8Array;
  readonly authority: TimestampAuthority;
  /** null: nobody known can say whether the authority is to be believed; all else is checked. */
  readonly trust: TrustStore | null;
  /** Eight or more random bytes, new at every call. */
  readonly nonce: () => Uint8Array;
  readonly nowMs: number;
}

export interface Timestamped {
  readonly signature: Uint8Array;
  /** Those that were added, in the order of the signers. */
  readonly added: readonly CheckedTimestamp[];
}

/** Throws TIMESTAMP_INVALID, or what the authority throws; `signature` itself has to be readable. */
export async function timestampSignature(input: TimestampInput): Promise<Timestamped> {
  const read = refusing(() => readSignedData(input.signature));
  if (!read.ok) throw toTrustError(read, 'The signature');
  const added: CheckedTimestamp[] = [];
  const tokens = new Map<string, Uint8Array>();
  for (const signer of read.signers) {
    if (signer.timestamp !== null) continue;
    const { token, checked } = await askFor(signer.signature, input);
    tokens.set(signer.signature.toHex(), token);
    added.push(checked);
  }
  return { signature: added.length === 0 ? input.signature : withTokens(input.signature, tokens), added };
}

async function askFor(
  signature: Uint8Array,
  { authority, trust, nonce, nowMs }: TimestampInput,
): Promise<{ token: Uint8Array; checked: CheckedTimestamp }> {
  // Positive and without needless zeros, whatever the random bytes are.
  const number = Uint8Array.of(0x40, ...nonce());
  const answer = await authority.ask(timestampRequest(signature, number));
  const read = refusing(() => ({ answer: readTimestampAnswer(answer) }));
  if (!read.ok) throw toTrustError(read, 'The answer of the timestamp authority');
  if (read.answer.kind === 'rejected') {
    const { status, detail } = read.answer;
    throw new ThemisError(
      'TIMESTAMP_INVALID',
      `The timestamp authority gave no timestamp (status ${status}) ${detail}`.trim(),
    );
  }
  const token = onlyNeeded(read.answer.token, signature, trust, nowMs);
  const judged = refusing(() => verifyTimestamp(token, signature, trust, nowMs));
  if (!judged.ok) throw toTrustError(judged);
  if (judged.info.nonce !== number.toHex())
    throw new ThemisError('TIMESTAMP_INVALID', 'The timestamp authority answered another request than ours.');
  return { token, checked: judged };
}

/** TimeStampReq (RFC 3161 2.4.1) with the certificate asked for. */
function timestampRequest(signature: Uint8Array, nonce: Uint8Array): Uint8Array {
  const sha256 = derOf(tags.sequence, derOid(sha256Oid));
  const hash = derOf(tags.octetString, Uint8Array.fromHex(hexOf(digestBytes(signature))));
  return derOf(
    tags.sequence,
    derOf(tags.integer, Uint8Array.of(1)),
    derOf(tags.sequence, sha256, hash),
    derOf(tags.integer, nonce),
    derOf(tags.boolean, Uint8Array.of(0xff)),
  );
}

const sha256Oid = '2.16.840.1.101.3.4.2.1';
const certificates = 0xa0;
const unsigned = 0xa1;

/** The token with the certificates alone that a verifier who knows the same accepts in it; that of the anchor it knows. */
function onlyNeeded(token: Uint8Array, signature: Uint8Array, trust: TrustStore | null, nowMs: number): Uint8Array {
  const found = refusing(() => verifyTimestamp(token, signature, trust, nowMs, 'ignore'));
  if (!found.ok) throw toTrustError(found);
  const { withPart, path } = found;
  const unique = new Map(withPart.map((certificate) => [certificate.fingerprint, certificate.bytes]));
  if (path !== null) unique.delete(path.anchor.certificate.fingerprint);
  const needed = [...unique.values()].toSorted(compareBytes);
  return changed(token, (member) => (member.tag === certificates ? derOf(certificates, ...needed) : member.bytes));
}

/** `tokens`: by the signature value in hex. */
function withTokens(signature: Uint8Array, tokens: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return changed(signature, (member, isLast) => {
    if (!isLast) return member.bytes;
    const signers = member.children.map((signer) => {
      const token = tokens.get(signer.children.findLast(({ tag }) => tag === tags.octetString)!.content.toHex());
      return token === undefined ? signer.bytes : withToken(signer, token);
    });
    return derOf(tags.set, ...signers.toSorted(compareBytes));
  });
}

function withToken(signer: DerElement, token: Uint8Array): Uint8Array {
  const attribute = derOf(tags.sequence, derOid(attributeTypes.timestampToken), derOf(tags.set, token));
  return derOf(tags.sequence, ...signer.children.map(({ bytes }) => bytes), derOf(unsigned, attribute));
}

/** ContentInfo with the members of its SignedData rewritten. */
function changed(bytes: Uint8Array, rewrite: (member: DerElement, isLast: boolean) => Uint8Array): Uint8Array {
  const [type, wrapper] = readDer(bytes).children;
  const members = wrapper!.children[0]!.children;
  const rewritten = members.map((member, index) => rewrite(member, index === members.length - 1));
  return derOf(tags.sequence, type!.bytes, derOf(0xa0, derOf(tags.sequence, ...rewritten)));
}
