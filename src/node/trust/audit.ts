/**
 * `state/audit.jsonl`: what the node's trust said no to, and what changed in it; one JSON object a line, appended and
 * synced at once. Bounded: a full file takes the place of the one before it. It is for people and their tools; nothing
 * is ever decided by it.
 */
import { formatInstant } from '../../kernel/units/instant.ts';
import type { NodeContext } from '../context.ts';
import { parentOf } from '../layout.ts';
import { readIfPresent } from '../state/durable-file.ts';

export type AuditKind =
  | 'anchors-refused'
  | 'anchors-rotated'
  | 'rotation-refused'
  | 'release-refused'
  | 'counter-refused'
  | 'index-refused'
  | 'crl-taken'
  | 'crl-refused'
  | 'delta-refused'
  | 'patch-refused';

export interface AuditEntry {
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly kind: AuditKind;
  readonly detail: string;
}

export const auditLimitBytes = 2 ** 20;
const detailCharacters = 2000;
const newline = 0x0a;

/** Throws IO or NO_SPACE; then the entry is not there. */
export async function writeAudit(context: NodeContext, kind: AuditKind, detail: string): Promise<void> {
  const { files, layout, clock } = context;
  const entry: AuditEntry = { at: formatInstant(clock.nowMs()), kind, detail: detail.slice(0, detailCharacters) };
  const line = new TextEncoder().encode(`${JSON.stringify(entry)}\n`);
  const present = (await readIfPresent(files, layout.audit)) ?? new Uint8Array();
  if (present.length + line.length > auditLimitBytes) await turnOver(context);
  // A line that a crash cut off ends here, so that it does not spoil this one.
  const torn = present.length > 0 && present.at(-1) !== newline;
  await files.appendDurably(layout.audit, torn ? Uint8Array.of(newline, ...line) : line);
  await files.syncDirectory(parentOf(layout.audit));
}

/** Of two processes at once one does it: a second time it would put the fresh file over the full one. */
async function turnOver({ files, layout }: NodeContext): Promise<void> {
  const lock = await files.tryLock(layout.auditLock);
  if (lock === null) return;
  try {
    const stat = await files.lstat(layout.audit);
    if (stat === null || stat.sizeBytes < auditLimitBytes / 2) return;
    await files.rename(layout.audit, `${layout.audit}.1`);
    await files.syncDirectory(parentOf(layout.audit));
  } finally {
    await lock.release();
  }
}
