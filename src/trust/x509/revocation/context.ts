import type { Anchor } from '../../policy/anchors.ts';
import type { CandidatePath } from '../build-paths.ts';
import type { Certificate } from '../certificate.ts';
import type { CertificateList } from '../certificate-list.ts';
import type { PathSpan } from '../path-span.ts';
import type { PublicKey } from '../public-key.ts';

/** `known`: a list at hand counts, a missing one does not refuse. `required`: without a current list nothing is accepted. */
export type Revocation = 'required' | 'known';

export interface RevocationContext {
  readonly lists: readonly CertificateList[];
  /** Certificates among which signers of lists may be. */
  readonly pool: readonly Certificate[];
  readonly revocation: Revocation;
  readonly nowMs: number;
  /** When the signature is proven to have existed; null where nothing proves it. */
  readonly provenAtMs: number | null;
  /** Whether a signer of lists may lack key usage. */
  readonly isUsageOptional: boolean;
  isSignedBy(list: CertificateList, key: PublicKey): boolean;
  /** A path to this very anchor, itself checked for revocation; `asker`: whose status depends on it. */
  findSignerPath(signer: Certificate, anchor: Anchor, asker: Certificate): FoundPath | undefined;
}

export interface RevocationResult extends PathSpan {
  /** Certificates beyond the path that had a part in it. */
  readonly supporting: readonly Certificate[];
}

/** A path that holds, with what made it hold. */
export interface FoundPath extends CandidatePath, RevocationResult {}
