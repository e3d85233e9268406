/**
 * The one place that writes SignedData (RFC 5652 5.1) around signers, detached, of content type data: for the first
 * signature and for one more beside others. What it is given goes in byte for byte; sets in DER order, each member once.
 */
import { compareBytes } from '../../trust/der/read-der.ts';
import { tags } from '../../trust/der/tags.ts';
import { derOf, derOid } from '../../trust/der/write-der.ts';

export const cmsOids = { data: '1.2.840.113549.1.7.1', signedData: '1.2.840.113549.1.7.2' } as const;

/** Each DER. */
export interface SignedDataParts {
  readonly version: number;
  readonly digestAlgorithms: readonly Uint8Array[];
  readonly certificates: readonly Uint8Array[];
  readonly signerInfos: readonly Uint8Array[];
}

const explicit0 = 0xa0;

/** DER ContentInfo. */
export function writeSignedData({ version, digestAlgorithms, certificates, signerInfos }: SignedDataParts): Uint8Array {
  const signedData = derOf(
    tags.sequence,
    derOf(tags.integer, Uint8Array.of(version)),
    setOf(tags.set, digestAlgorithms),
    derOf(tags.sequence, derOid(cmsOids.data)),
    setOf(explicit0, certificates),
    setOf(tags.set, signerInfos),
  );
  return derOf(tags.sequence, derOid(cmsOids.signedData), derOf(explicit0, signedData));
}

function setOf(tag: number, members: readonly Uint8Array[]): Uint8Array {
  const sorted = members.toSorted(compareBytes);
  return derOf(tag, ...sorted.filter((each, index) => index === 0 || compareBytes(sorted[index - 1]!, each) !== 0));
}
