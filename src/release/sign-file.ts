import { ThemisError } from '../kernel/error.ts';
import { releaseLimits } from '../model/release-format/layout.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Signer } from '../ports/signer.ts';
import { cosignDetached } from './cms/cosign-detached.ts';
import { signDetached, type SigningRole } from './sign-detached.ts';
import { writeWholeFile } from './write-file.ts';

/** From the bytes of a signature to those with timestamps on it. */
export type Stamp = (signature: Uint8Array) => Promise<Uint8Array>;

export interface SignOptions {
  readonly nowMs: number;
  /** Beside the signature that is there, instead of in its place. */
  readonly cosign: boolean;
  readonly stamp?: Stamp | undefined;
  /** Default: release. */
  readonly role?: SigningRole;
}

/** Signs `bytes`, the content of `path`, into `path.p7s`; nothing is written unless it was made, and stamped where it is to be. */
export async function signFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  signer: Signer,
  { nowMs, cosign, stamp, role }: SignOptions,
): Promise<void> {
  const signature = cosign
    ? await cosignDetached(bytes, await presentSignature(fileSystem, `${path}.p7s`), signer, nowMs, role)
    : await signDetached(bytes, signer, nowMs, role);
  const slash = path.lastIndexOf('/');
  const whole = stamp === undefined ? signature : await stamp(signature);
  await writeWholeFile(fileSystem, path.slice(0, slash), `${path.slice(slash + 1)}.p7s`, whole);
}

async function presentSignature(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  const stat = await fileSystem.lstat(path);
  if (stat?.kind === 'file' && stat.sizeBytes <= releaseLimits.signatureBytes) return await fileSystem.readFile(path);
  throw new ThemisError('NOT_FOUND', `There is no signature ${path} to sign beside.`, {
    hint: 'The first to sign does it without --cosign.',
  });
}
