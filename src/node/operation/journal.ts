/**
 * The journal of one node operation: JSON lines, each with a checksum over itself, appended durably. A last line
 * that a crash tore off is not there; anything else that does not check out is refused, never skipped.
 */
import { digestJson } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { formatInstant } from '../../kernel/units/instant.ts';
import { isJsonObject } from '../../kernel/json.ts';
import type { JournalEntry } from '../../model/journal.ts';
import type { NodeContext } from '../context.ts';
import { readIfPresent } from '../state/durable-file.ts';
import { giveUpReserve, isNoSpace } from './reserve.ts';

export interface Journal {
  readonly entries: readonly JournalEntry[];
  /** Durable when it resolves. Throws when the disk takes nothing any more. */
  append(entry: Pick<JournalEntry, 'step' | 'event' | 'detail' | 'failure'>): Promise<void>;
}

interface Content {
  readonly entries: readonly JournalEntry[];
  /** Bytes of the lines that count. */
  readonly sizeBytes: number;
  readonly torn: boolean;
}

const checksumDigits = 16;
const newline = 10;

/** null when there is none. JOURNAL_DAMAGED for damage that no crash explains. */
export async function readJournal(context: NodeContext, operation: string): Promise<readonly JournalEntry[] | null> {
  return (await readContent(context, operation))?.entries ?? null;
}

/** Opens it for writing; an empty one where there is none. */
export async function openJournal(context: NodeContext, operation: string, token: number): Promise<Journal> {
  const { files, layout, clock } = context;
  const path = layout.journal(operation);
  const content = await readContent(context, operation);
  if (content?.torn === true) await files.truncateFile(path, content.sizeBytes);
  const entries = [...(content?.entries ?? [])];
  let sizeBytes = content?.sizeBytes ?? 0;

  return {
    entries,
    async append(given) {
      const at = formatInstant(clock.nowMs());
      const entry: JournalEntry = { seq: entries.length, operation, at, token, ...given };
      const bytes = new TextEncoder().encode(`${JSON.stringify({ ...entry, checksum: checksumOf(entry) })}\n`);
      try {
        await files.appendDurably(path, bytes);
      } catch (error) {
        await appendAgain(context, path, sizeBytes, bytes, error);
      }
      entries.push(entry);
      sizeBytes += bytes.length;
    },
  };
}

/** Once more, after taking back what of it may have arrived, and with the room kept free for this. */
async function appendAgain(
  { files, layout }: NodeContext,
  path: string,
  sizeBytes: number,
  bytes: Uint8Array,
  error: unknown,
): Promise<void> {
  if ((await files.lstat(path)) !== null) await files.truncateFile(path, sizeBytes);
  if (isNoSpace(error)) await giveUpReserve({ files, layout });
  await files.appendDurably(path, bytes);
}

async function readContent({ files, layout }: NodeContext, operation: string): Promise<Content | null> {
  const path = layout.journal(operation);
  const bytes = await readIfPresent(files, path);
  if (bytes === null) return null;
  const entries: JournalEntry[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start);
    const next = end === -1 ? bytes.length : end + 1;
    const entry = end === -1 ? undefined : parseLine(new TextDecoder().decode(bytes.subarray(start, end)));
    if (entry === undefined || entry.seq !== entries.length || entry.operation !== operation) {
      if (next === bytes.length) return { entries, sizeBytes: start, torn: true };
      throw new ThemisError('JOURNAL_DAMAGED', `${path} is damaged at entry ${entries.length}.`, {
        hint: 'Compare the installed files with a restore point by hand, then move the journal away.',
      });
    }
    entries.push(entry);
    start = next;
  }
  return { entries, sizeBytes: start, torn: false };
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value)) return undefined;
    const { checksum, ...entry } = value;
    return checksum === checksumOf(entry) ? (entry as unknown as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}

function checksumOf(entry: object): string {
  return digestJson(entry).slice(-checksumDigits);
}
