/**
 * A content from its source into its part file: whole, hashed, durable. Where it ends before that, the part stays for
 * another run to go on from, unless its own bytes are what is wrong.
 */
import { type ErrorCode, retryOf, ThemisError } from '../../kernel/error.ts';
import type { Run, SourceOrigin, Wanted } from './delivery.ts';
import { pump } from './flow/pump.ts';
import { createLane, type Lane } from './lane.ts';
import type { FileMeter } from './meter.ts';
import { openPart, type PartFile, type PartKind } from './parts/part-file.ts';
import { mismatch, otherSize, transfer, type TransferItem } from './transfer.ts';

const worthAWrite = 256 * 1024;
const askAgainMs = 500;

/** Returns where it lies. FILE_HASH_MISMATCH, FILE_MISSING, or the fault that was met too often. */
export async function fetchContent(
  run: Run,
  wanted: Wanted,
  origin: SourceOrigin,
  meter: FileMeter,
  kind: PartKind = 'part',
): Promise<string> {
  const stop = new AbortController();
  const { source, path } = origin;
  const lane = createLane(run.lanes, wanted.rank, source.host, AbortSignal.any([run.signal, stop.signal]));
  // Before its turn: what is here is read, and the file opened, while others use the connections.
  const part = await openPart(placesOf(run), wanted.content, kind, { host: source.host, path });
  try {
    await lane.enter();
    meter.kept(part.bytes);
    await fill(run, wanted, origin, part, { lane, stop, meter });
    // Held until there is room: files that are not yet durable must not pile up.
    return await sealPart(run, wanted, part, () => lane.leave());
  } catch (error) {
    await endPart(run, part, error);
    throw error;
  } finally {
    lane.leave();
  }
}

export const placesOf = ({ files, parts, settings }: Run) => ({
  files,
  parts,
  resumeBlockBytes: settings.resumeBlockBytes,
});

/** Makes a whole part durable, so many at once. */
export async function sealPart(
  { finishing, signal }: Run,
  { rank }: Wanted,
  part: PartFile,
  entered: () => void = () => {},
): Promise<string> {
  const { leave } = await finishing.enter(rank, '', signal);
  entered();
  try {
    await part.seal();
    return part.path;
  } finally {
    leave();
  }
}

/** The error stands, whatever becomes of the part. */
async function endPart({ signal }: Run, part: PartFile, error: unknown): Promise<void> {
  const cause: unknown = signal.aborted ? signal.reason : error;
  const isWrong = isMismatch(error) && !isUntouched(error);
  await (!isWrong && isWorthKeeping(cause) ? part.keep() : part.discard()).catch(() => {});
}

function isMismatch(error: unknown): error is ThemisError {
  return error instanceof ThemisError && error.code === 'FILE_HASH_MISMATCH';
}

/** What is here came before, and is of the file as far as anybody knows. */
function isUntouched({ reason }: ThemisError): boolean {
  return reason === otherSize;
}

/** What says nothing against the other bytes of a release whose manifest was verified: they count by their hash alone. */
const ofOneFile: ReadonlySet<ErrorCode> = new Set(['FILE_HASH_MISMATCH', 'FILE_MISSING', 'NO_SPACE', 'NOT_FOUND']);

/** Whether what has come right is of use after this error. What nobody foresaw, or is odd on purpose, ends all of it. */
export function isWorthKeeping(error: unknown): boolean {
  return error instanceof ThemisError && (retryOf(error.code) === 'backoff' || ofOneFile.has(error.code));
}

interface Filling {
  readonly lane: Lane;
  readonly stop: AbortController;
  readonly meter: FileMeter;
}

async function fill(run: Run, wanted: Wanted, origin: SourceOrigin, part: PartFile, given: Filling): Promise<void> {
  if (part.isWhole()) return;
  const keptBytes = part.bytes;
  await fillAskingAgain(run, wanted, origin, part, given);
  if (part.isWhole()) return;
  // What an earlier run left may be of a content that was replaced under the same validator: one try without it.
  if (keptBytes === 0) throw mismatch(wanted);
  // Somebody else may have asked behind it meanwhile.
  given.lane.leave();
  await part.begin(0, null);
  await fillAskingAgain(run, wanted, origin, part, given);
  if (!part.isWhole()) throw mismatch(wanted);
}

/** What is plainly not the file, by its size, may be a page that is gone a moment later: once more, then it is the file. */
async function fillAskingAgain(
  run: Run,
  wanted: Wanted,
  origin: SourceOrigin,
  part: PartFile,
  given: Filling,
): Promise<void> {
  try {
    return await fillOnce(run, wanted, origin, part, given);
  } catch (error) {
    if (!isMismatch(error)) throw error;
    if (!isUntouched(error)) {
      // No fault costs more than that.
      if (part.bytes > run.settings.resumeBlockBytes) throw error;
      await part.begin(0, null);
    }
  }
  const { lane } = given;
  lane.leave();
  await run.clock.sleep(askAgainMs + Math.floor(run.random() * askAgainMs), lane.signal);
  await fillOnce(run, wanted, origin, part, given);
}

async function fillOnce(
  run: Run,
  wanted: Wanted,
  origin: SourceOrigin,
  part: PartFile,
  { lane, stop, meter }: Filling,
): Promise<void> {
  const { settings, memory } = run;
  const aheadBytes = Math.floor(Math.min(settings.memoryBytes / 4, settings.resumeBlockBytes / 2));
  const batchBytes = Math.min(worthAWrite, Math.floor(aheadBytes / 2));
  const start = { offset: part.bytes, validator: part.validator };
  await pump(
    followed(transfer(run, wanted, origin, lane, start), meter, start.offset),
    sizeOf,
    async (batch) => {
      for (const step of stepsOf(batch)) {
        if (step.kind === 'opened') await part.begin(step.offset, step.validator);
        else await part.append(step.chunks);
      }
    },
    { memory, aheadBytes, batchBytes, stop },
  );
}

/** What has come counts as soon as it is here. */
async function* followed(
  items: AsyncIterable<TransferItem>,
  meter: FileMeter,
  from: number,
): AsyncGenerator<TransferItem> {
  let bytes = from;
  for await (const item of items) {
    bytes = item.kind === 'opened' ? item.offset : bytes + item.bytes.length;
    meter.at(bytes);
    yield item;
  }
}

function sizeOf(item: TransferItem): number {
  return item.kind === 'chunk' ? item.bytes.length : 0;
}

type Step =
  | Extract<TransferItem, { kind: 'opened' }>
  | { readonly kind: 'chunks'; readonly chunks: readonly Uint8Array[] };

/** Chunks that follow each other are written with one call. */
function* stepsOf(batch: readonly TransferItem[]): Generator<Step> {
  let chunks: Uint8Array[] = [];
  for (const item of batch) {
    if (item.kind === 'chunk') {
      chunks.push(item.bytes);
      continue;
    }
    if (chunks.length > 0) yield { kind: 'chunks', chunks };
    chunks = [];
    yield item;
  }
  if (chunks.length > 0) yield { kind: 'chunks', chunks };
}
