/**
 * Other anchors in the place of the present ones, signed for by enough of those. Killed at any point the node has the
 * old ones or the new ones: the record first says that both are right, then the file changes in one step, then the
 * record forgets the old. A rotation that was cut off is finished, or forgotten, before anything is accepted again.
 */
import { type Digest, digestBytes, shortDigest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { toTrustError } from '../../trust/refusal.ts';
import type { NodeContext } from '../context.ts';
import { changeRecord } from '../state/authority.ts';
import { readIfPresent, writeDurably } from '../state/durable-file.ts';
import { withLock } from '../state/lock.ts';
import { type NodeRecord, readRecord } from '../state/node-record.ts';
import { writeAudit } from './audit.ts';
import { readTrust } from './trust-files.ts';

export interface AnchorsDocument {
  readonly bytes: Uint8Array;
  /** null: there is none. */
  readonly signature: Uint8Array | null;
}

export interface Rotated {
  readonly digest: Digest;
  readonly version: number;
  /** Subjects of those who signed, each under an anchor of its own. */
  readonly signers: readonly string[];
}

/** Throws where it refuses; the node then believes whom it believed. */
export async function rotateAnchors(context: NodeContext, document: AnchorsDocument): Promise<Rotated> {
  return withLock(context, async () => {
    await finishRotation(context);
    const record = await readRecord(context);
    const trust = await readTrust(context, record);
    const checked = context.verifyRotation(document, { trust, nowMs: context.clock.nowMs() });
    if (!checked.ok) {
      await writeAudit(context, 'rotation-refused', `${checked.message} (${checked.code})`).catch(() => {});
      throw toTrustError(checked);
    }
    const { version, signers } = checked;
    const digest = digestBytes(document.bytes);
    // Before the change: that it was meant is known even if the machine stops in the middle of it.
    const names = signers.map(({ subject, anchor }) => `${subject} under ${anchor}`).join(', ');
    const ways = `from ${shortDigest(record.anchorsDigest)} to ${shortDigest(digest)}`;
    await writeAudit(context, 'anchors-rotated', `${ways}, version ${version}, signed by ${names}`);
    await changeRecord(context, (now) => ({ ...now, nextAnchorsDigest: digest }));
    await writeDurably(context.files, context.layout.anchors, document.bytes, 0o444);
    await finishRotation(context);
    return { digest, version, signers: signers.map(({ subject }) => subject) };
  });
}

/** Under the node's lock, before anything is decided by the anchors. Costs nothing where none was begun. */
export async function finishRotation(context: NodeContext): Promise<void> {
  const { nextAnchorsDigest } = await readRecord(context);
  if (nextAnchorsDigest === undefined) return;
  const bytes = await readIfPresent(context.files, context.layout.anchors).catch((error: unknown) => {
    // A link, say: what lies there is refused when it is read.
    if (error instanceof ThemisError) return null;
    throw error;
  });
  const arrived = bytes !== null && digestBytes(bytes) === nextAnchorsDigest;
  await changeRecord(context, ({ nextAnchorsDigest: next, ...record }): NodeRecord => {
    return arrived && next !== undefined ? { ...record, anchorsDigest: next } : record;
  });
}
