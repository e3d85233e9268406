/**
 * The trust directory of a node as it lies on its disk: a file that others may write says whatever they like, whatever
 * its digest was when it was read. Owned by root or by the node's own user, writable by nobody else, and no link.
 */
import type { Refusal, TrustCode } from '../refusal.ts';

export interface PlacedFile {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly owner: number;
}

/** `user`: whom the node runs as; null on a system without users in this sense, where owner and mode say nothing. */
export function checkPlacedFile(
  file: PlacedFile,
  expected: 'file' | 'directory',
  user: number | null,
): Refusal | undefined {
  const { path, kind, mode, owner } = file;
  if (kind === 'symlink') return refusal('ANCHORS_LINKED', `${path} is a symbolic link.`);
  if (kind !== expected) return refusal('ANCHORS_CHANGED', `${path} is no ${expected}.`);
  if (user === null) return undefined;
  if (owner !== 0 && owner !== user) {
    return refusal(
      'ANCHORS_OWNER',
      `${path} belongs to user ${owner}, neither to root nor to user ${user} of this node.`,
      `chown ${user} ${path}, once you know that nobody changed it`,
    );
  }
  if ((mode & 0o022) === 0) return undefined;
  return refusal(
    'ANCHORS_WRITABLE',
    `${path} can be written by others (mode ${mode.toString(8).padStart(4, '0')}).`,
    `chmod go-w ${path}, once you know that nobody changed it`,
  );
}

function refusal(code: TrustCode, message: string, fix?: string): Refusal {
  return { ok: false, code, message, ...(fix === undefined ? {} : { fix }) };
}
