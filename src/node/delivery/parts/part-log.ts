/**
 * What vouches for a part file: its log, a line that says where the bytes come from and then a line a record with how
 * many are durable and their SHA-256. A record may be lost, never believed: the bytes are read and held against it.
 */
import { hexOf, type RunningDigest, startDigest } from '../../../kernel/digest.ts';
import { isJsonObject } from '../../../kernel/json.ts';
import type { FileStat, FileSystem, GrowingFile } from '../../../ports/file-system.ts';
import { readIfPresent, writeDurably } from '../../state/durable-file.ts';
import type { Content } from '../delivery.ts';

/** Where a part comes from: a validator means nothing elsewhere. */
export interface PartSource {
  readonly host: string;
  readonly path: string;
}

interface Head extends PartSource {
  readonly formatVersion: '1.0';
  readonly sizeBytes: number;
  readonly validator: string;
}

interface Mark {
  readonly bytes: number;
  readonly sha256: string;
}

export interface Kept {
  readonly bytes: number;
  readonly digest: RunningDigest;
  readonly validator: string | null;
  /** The records go on in the log that is there. */
  readonly isLogged: boolean;
}

export interface Recorder {
  /** Up to where a record was begun. */
  readonly bytes: number;
  /** Up to where one vouches for what is there. */
  readonly vouchedBytes: number;
  /** Waits for the one before, and throws what that met; then it can be begun again. */
  begin(file: GrowingFile, at: { readonly bytes: number; readonly digest: RunningDigest }): Promise<void>;
  /** From `bytes` on it is another content, or one with this validator: a record says of all before it what they are of. */
  restart(bytes: number, validator: string | null): void;
  settled(): Promise<void>;
}

export function createRecorder(
  files: FileSystem,
  log: string,
  { sizeBytes }: Content,
  from: PartSource | null,
  kept: Kept,
): Recorder {
  let { bytes: begun, validator, isLogged } = kept;
  let vouched = begun;
  let recording: Promise<void> = Promise.resolve();
  const record = async (file: GrowingFile, head: Head | null, mark: Mark): Promise<void> => {
    await file.sync();
    if (head === null) await files.appendDurably(log, linesOf(mark));
    // The old one stands until the new one does; the directory that then becomes durable names the part, too.
    else await writeDurably(files, log, linesOf(head, mark));
    vouched = mark.bytes;
  };
  /** What is in the log now nobody knows: the next one writes it anew. */
  const failed = (): void => {
    isLogged = false;
    begun = vouched;
  };
  return {
    get bytes() {
      return begun;
    },
    get vouchedBytes() {
      return vouched;
    },
    async begin(file, { bytes, digest }) {
      const before = recording;
      recording = Promise.resolve();
      await before;
      if (validator === null || from === null || bytes === begun) return;
      const head: Head | null = isLogged ? null : { formatVersion: '1.0', ...from, sizeBytes, validator };
      recording = record(file, head, { bytes, sha256: hexOf(digest.copy().finish()) });
      // Whoever comes next meets what it threw.
      recording.catch(failed);
      isLogged = true;
      begun = bytes;
    },
    restart(bytes, given) {
      if (bytes === 0 || given !== validator) isLogged = false;
      if (bytes === 0) begun = vouched = 0;
      validator = given;
    },
    settled: () => recording,
  };
}

/**
 * Reads the file once; cuts nothing. What is no file of one name goes: nobody here made it, and whoever wrote through it
 * would write what belongs to somebody else. `from`: null for what is not fetched.
 */
export async function readKept(
  files: FileSystem,
  { part, log }: { readonly part: string; readonly log: string },
  content: Content,
  from: PartSource | null,
): Promise<Kept> {
  const nothing = (): Kept => ({ bytes: 0, digest: startDigest(), validator: null, isLogged: false });
  const isLogThere = (await ownFile(files, log)) !== null;
  const stat = await ownFile(files, part);
  if (stat === null) return nothing();
  const noted = from === null || !isLogThere ? undefined : parseLog(await readIfPresent(files, log), content, from);
  const marks = (noted?.marks ?? []).filter(({ bytes }) => bytes <= stat.sizeBytes && bytes < content.sizeBytes);
  const isFull = stat.sizeBytes === content.sizeBytes;
  // What is there whole needs no record: its hash says all.
  const all = isFull ? [...marks, { bytes: content.sizeBytes, sha256: content.sha256 }] : marks;
  const { bytes, digest } = await vouchedFor(files, part, all);
  if (bytes === 0) return nothing();
  // A record after one that does not fit would be believed again.
  const isLogged = noted !== undefined && noted.isClean && noted.marks.at(-1)?.bytes === bytes;
  return { bytes, digest, validator: noted?.head.validator ?? null, isLogged };
}

async function ownFile(files: FileSystem, path: string): Promise<FileStat | null> {
  const stat = await files.lstat(path);
  if (stat === null || (stat.kind === 'file' && stat.links === 1)) return stat;
  await files.removeTree(path);
  return null;
}

/** The longest beginning of the file that a mark fits. */
async function vouchedFor(
  files: FileSystem,
  path: string,
  marks: readonly Mark[],
): Promise<{ readonly bytes: number; readonly digest: RunningDigest }> {
  const digest = startDigest();
  let found = { bytes: 0, digest: startDigest() };
  let read = 0;
  let next = 0;
  for await (const chunk of files.readChunks(path, marks.at(-1)?.bytes ?? 0)) {
    let rest = chunk;
    for (; next < marks.length && marks[next]!.bytes <= read + rest.length; next += 1) {
      const head = rest.subarray(0, marks[next]!.bytes - read);
      digest.add(head);
      read += head.length;
      rest = rest.subarray(head.length);
      // One that does not fit may be of a content that was given up since; the last may vouch for all of it.
      if (hexOf(digest.copy().finish()) === marks[next]!.sha256) found = { bytes: read, digest: digest.copy() };
    }
    digest.add(rest);
    read += rest.length;
  }
  return found;
}

interface Noted {
  readonly head: Head;
  /** Each further than the one before. */
  readonly marks: readonly Mark[];
  /** Nothing stands after them. */
  readonly isClean: boolean;
}

/** undefined where it is of something else. A line that a crash cut off ends it. */
function parseLog(bytes: Uint8Array | null, content: Content, from: PartSource): Noted | undefined {
  const [first = '', ...rest] = new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n');
  const head = parseLine(first);
  if (head === undefined || !isHead(head)) return undefined;
  if (head.sizeBytes !== content.sizeBytes || head.host !== from.host || head.path !== from.path) return undefined;
  const marks: Mark[] = [];
  for (const [index, line] of rest.entries()) {
    const mark = parseLine(line);
    if (mark === undefined || !isMark(mark) || mark.bytes <= (marks.at(-1)?.bytes ?? 0)) {
      return { head, marks, isClean: line === '' && index === rest.length - 1 };
    }
    marks.push(mark);
  }
  return { head, marks, isClean: false };
}

function linesOf(...values: readonly (Head | Mark)[]): Uint8Array {
  return new TextEncoder().encode(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

function parseLine(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isHead(value: object): value is Head {
  const { formatVersion, host, path, validator } = value as Partial<Head>;
  return (
    formatVersion === '1.0' && typeof host === 'string' && typeof path === 'string' && typeof validator === 'string'
  );
}

function isMark(value: object): value is Mark {
  const { bytes, sha256 } = value as Partial<Mark>;
  return Number.isSafeInteger(bytes) && typeof sha256 === 'string';
}
