/** The ways to hold a signing key, one case each. Whatever holds it, the key never enters Themis's own data. */
import type { Signer } from '../../ports/signer.ts';
import { openSoftwareSigner, type SoftwareSignerFiles } from './software.ts';

export type SignerSpec = { readonly kind: 'software' } & SoftwareSignerFiles;

export function openSigner(spec: SignerSpec): Signer {
  switch (spec.kind) {
    case 'software':
      return openSoftwareSigner(spec);
  }
}
