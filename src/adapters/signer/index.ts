/** The ways to hold a signing key, one case each. Whatever holds it, the key never enters Themis's own data. */
import type { Signer } from '../../ports/signer.ts';
import { type ExecSignerSpec, openExecSigner } from './exec.ts';
import { openSoftwareSigner, type SoftwareSignerFiles } from './software.ts';

export type SignerSpec =
  | ({ readonly kind: 'software' } & SoftwareSignerFiles)
  | ({ readonly kind: 'exec' } & ExecSignerSpec);

export async function openSigner(spec: SignerSpec): Promise<Signer> {
  switch (spec.kind) {
    case 'software':
      return openSoftwareSigner(spec);
    case 'exec':
      return await openExecSigner(spec);
  }
}
