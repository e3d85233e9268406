/**
 * The open operation of a node: `state/current` names it, its journal says how far it is. An operation is accepted
 * the moment `current` durably names it, and over when its journal is closed; the tidying after that may be cut off.
 */
import { isJsonObject } from '../../kernel/json.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { OperationResult } from '../../model/message.ts';
import { readMessage } from '../../wire/read-message.ts';
import { operationResult } from '../../wire/reply.ts';
import type { NodeContext } from '../context.ts';
import { readIfPresent, removeDurably, writeDurably } from '../state/durable-file.ts';
import { collectObjects, removeRestorePoint } from '../state/restore-points.ts';
import { openJournal, readJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { openingDetail, readTarget, specOf } from './operation.ts';
import type { OperationSpec } from './operation.ts';
import { keepReserve } from './reserve.ts';

export async function readCurrent({ files, layout }: NodeContext): Promise<string | null> {
  const bytes = await readIfPresent(files, layout.current);
  if (bytes === null) return null;
  const id = new TextDecoder().decode(bytes).trim();
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u.test(id) ? id : null;
}

/** The journal of the operation that was accepted and is not over. */
export async function readOpen(context: NodeContext): Promise<readonly JournalEntry[] | null> {
  const current = await readCurrent(context);
  if (current === null) return null;
  const entries = await readJournal(context, current);
  if (entries === null || entries.length === 0) {
    throw new ThemisError('JOURNAL_DAMAGED', `The journal of the open operation ${current} is gone.`);
  }
  return resultIn(entries) === undefined ? entries : null;
}

/** How a known operation ended; null while it is open, or when it was never accepted. */
export async function readResult(context: NodeContext, operation: string): Promise<OperationResult | null> {
  return resultIn((await readJournal(context, operation)) ?? []) ?? null;
}

function resultIn(entries: readonly JournalEntry[]): OperationResult | undefined {
  const last = entries.at(-1);
  const result = last?.event === 'close' ? last.detail?.['result'] : undefined;
  return isJsonObject(result) ? readMessage(operationResult, result, 'journal') : undefined;
}

/** Makes the operation durable: from here on it finishes or rolls back. After an error it was not accepted. */
export async function acceptOperation(context: NodeContext, spec: OperationSpec, token: number): Promise<Journal> {
  const { files, layout } = context;
  const target = await readTarget(context, spec);
  try {
    await files.removeFile(layout.journal(spec.operation));
    await keepReserve(context, target);
    const journal = await openJournal(context, spec.operation, token);
    await journal.append({ step: null, event: 'open', detail: openingDetail(spec) });
    await files.syncDirectory(layout.operations);
    await writeDurably(files, layout.current, new TextEncoder().encode(`${spec.operation}\n`));
    return journal;
  } catch (error) {
    await discard(context, spec.operation, error);
    throw error;
  }
}

/** Takes back an acceptance that did not succeed. If not even that works, the next recovery may carry it out. */
async function discard({ files, layout }: NodeContext, operation: string, cause: unknown): Promise<void> {
  try {
    await removeDurably(files, layout.current);
    await files.removeFile(layout.journal(operation));
    await files.removeFile(layout.reserve);
  } catch {
    throw new ThemisError('ROLLBACK_INCOMPLETE', `Operation ${operation} could be neither accepted nor refused.`, {
      cause,
      hint: 'Repair the disk, then run: themis node recover',
    });
  }
}

/**
 * Removes what a closed operation leaves: prepared copies, a restore point that nobody asked for, its name. Idempotent;
 * `current` goes last, so that whoever comes next finds out if this was cut off.
 */
export async function tidyAfter(context: NodeContext): Promise<void> {
  const { files, layout } = context;
  const current = await readCurrent(context);
  if (current === null) return;
  if ((await files.lstat(layout.work)) !== null) {
    await files.removeTree(layout.work);
    await files.syncDirectory(layout.install);
  }
  const entries = await readJournal(context, current);
  const spec = entries === null || entries.length === 0 ? undefined : specOf(entries);
  if (spec?.temporary === true) {
    await removeRestorePoint(context, spec.restorePoint);
    await collectObjects(context);
  }
  await files.removeFile(layout.reserve);
  await removeDurably(files, layout.current);
}
