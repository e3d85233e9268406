import { ThemisError } from '../kernel/error.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { Signer } from '../ports/signer.ts';
import { type AnchorSet, anchorsLimitBytes, parseAnchors } from '../trust/policy/anchors.ts';
import { toTrustError } from '../trust/refusal.ts';
import { signFile } from './sign-file.ts';
import { removeDrafts } from './write-file.ts';

/** Signs an anchors document with the key of a present anchor into `FILE.p7s`: what nodes ask for before they take it. One that no node could read is not signed. */
export async function signAnchors(
  fileSystem: FileSystem,
  path: string,
  signer: Signer,
  options: { readonly nowMs: number; readonly cosign: boolean },
): Promise<AnchorSet> {
  const stat = await fileSystem.lstat(path);
  if (stat?.kind !== 'file' || stat.sizeBytes > anchorsLimitBytes)
    throw new ThemisError('NOT_FOUND', `${path} is no anchors document.`);
  const bytes = await fileSystem.readFile(path);
  const parsed = parseAnchors(bytes);
  if (!parsed.ok) throw toTrustError(parsed, path);
  const slash = path.lastIndexOf('/');
  await removeDrafts(fileSystem, path.slice(0, slash), (name) => name === `${path.slice(slash + 1)}.p7s`);
  await signFile(fileSystem, path, bytes, signer, { ...options, role: 'anchor' });
  return parsed.anchors;
}
