/**
 * A content under way: `parts/<sha256>.part` and its log. Whoever goes on keeps what the last record that fits vouches
 * for and cuts off the rest. Records are made while bytes go on coming, and never so far behind that a kill would cost
 * more than a resume block.
 */
import { hexOf, startDigest } from '../../../kernel/digest.ts';
import type { FileSystem, GrowingFile } from '../../../ports/file-system.ts';
import type { Content } from '../delivery.ts';
import { freshOf } from '../../state/durable-file.ts';
import { createRecorder, type PartSource, readKept, type Recorder } from './part-log.ts';

export interface PartFile {
  readonly path: string;
  /** How many are there. */
  readonly bytes: number;
  /** Of those bytes at their source; null: what is cut off cannot go on. */
  readonly validator: string | null;
  /** A source begins to send from here: from the end of what is there, or all over again from 0. */
  begin(offset: number, validator: string | null): Promise<void>;
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** All bytes are there, and they are the content. */
  isWhole(): boolean;
  /** Durable, of its last mode, and closed. */
  seal(): Promise<void>;
  /** Closes it; another run goes on from exactly here where it can. What nobody could go on from is removed. */
  keep(): Promise<void>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

export interface PartPlaces {
  readonly files: FileSystem;
  /** The directory. */
  readonly parts: string;
  readonly resumeBlockBytes: number;
}

const partMode = 0o400;
/** One record is being made durable, one is being filled, and half a block may be between source and disk. */
const recordsPerBlock = 4;

/**
 * What lies beside each other of one content: what is fetched for its place, what is fetched because something is made
 * of it, what is made, what is made on the way to that, and a copy. What was fetched so far outlives a try to get it
 * another way.
 */
export type PartKind = 'part' | 'need' | 'made' | 'step' | 'copy';

/** Of use to nobody but the run that they were for. */
const passing: readonly string[] = ['need', 'step'] satisfies PartKind[];

export function partPath(parts: string, sha256: string, kind: PartKind): string {
  return `${parts}/${sha256}.${kind}`;
}

function pathsOf(parts: string, sha256: string, kind: PartKind): readonly [part: string, log: string] {
  const path = partPath(parts, sha256, kind);
  return [path, `${path}.log`];
}

/** `from`: null for what cannot go on, because it is not fetched. */
export async function openPart(
  { files, parts, resumeBlockBytes }: PartPlaces,
  content: Content,
  kind: PartKind,
  from: PartSource | null,
): Promise<PartFile> {
  const [path, log] = pathsOf(parts, content.sha256, kind);
  const stepBytes = Math.ceil(resumeBlockBytes / recordsPerBlock);
  const kept = await readKept(files, { part: path, log }, content, from);
  // Whoever began it may have been killed before these names were durable.
  if (kept.bytes > 0) await files.syncDirectory(parts);
  const recorder = createRecorder(files, log, content, from, kept);
  let file = await files.openGrowing(path, kept.bytes);
  let { bytes, digest, validator } = kept;
  const isFull = () => bytes === content.sizeBytes;
  const discard = () => closeAfter(recorder, file).then(() => removeAll(files, [freshOf(log), log, path]));
  return {
    path,
    get bytes() {
      return bytes;
    },
    get validator() {
      return validator;
    },
    async begin(offset, given) {
      if (offset === 0 && bytes > 0) {
        await closeAfter(recorder, file);
        file = await files.openGrowing(path, 0);
        [bytes, digest] = [0, startDigest()];
      }
      validator = given;
      recorder.restart(bytes, validator);
    },
    async append(chunks) {
      for (const group of groupsOf(chunks, stepBytes, bytes - recorder.bytes)) {
        await file.write(group);
        for (const chunk of group) {
          digest.add(chunk);
          bytes += chunk.length;
        }
        if (bytes - recorder.bytes >= stepBytes && !isFull()) await recorder.begin(file, { bytes, digest });
      }
    },
    isWhole: () => isFull() && hexOf(digest.copy().finish()) === content.sha256,
    async seal() {
      await recorder.settled();
      await file.seal(partMode);
      await files.removeFile(log);
    },
    async keep() {
      // That the one before failed does not mean that this one does: there may be room again.
      await recorder.begin(file, { bytes, digest }).catch(() => recorder.begin(file, { bytes, digest }));
      await closeAfter(recorder, file);
      if (isFull()) return;
      const { vouchedBytes } = recorder;
      if (vouchedBytes === 0) await discard();
      else await cutTo(files, path, vouchedBytes);
    },
    discard,
  };
}

async function removeAll(files: FileSystem, paths: readonly string[]): Promise<void> {
  for (const path of paths) await files.removeFile(path);
}

/** What no record vouches for would only take room. */
async function cutTo(files: FileSystem, path: string, sizeBytes: number): Promise<void> {
  if ((await files.lstat(path))?.sizeBytes !== sizeBytes) await files.truncateFile(path, sizeBytes);
}

/** A record that failed is lost; whoever needs the bytes durable asks for that. */
async function closeAfter(recorder: Recorder, file: GrowingFile): Promise<void> {
  await recorder.settled().catch(() => {});
  await file.close();
}

/** All that lies there of contents under way, and what was only needed on the way. */
export async function removeParts(files: FileSystem, parts: string, contents: ReadonlySet<string>): Promise<void> {
  for (const name of await files.readDirectory(parts)) {
    const [sha256 = '', kind = ''] = name.split('.');
    if (contents.has(sha256) || passing.includes(kind)) await files.removeTree(`${parts}/${name}`);
  }
}

/** In groups that end where the next record begins. */
function* groupsOf(chunks: readonly Uint8Array[], stepBytes: number, begunBytes: number): Generator<Uint8Array[]> {
  let group: Uint8Array[] = [];
  let room = Math.max(1, stepBytes - begunBytes);
  for (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      const head = rest.subarray(0, room);
      group.push(head);
      rest = rest.subarray(head.length);
      room -= head.length;
      if (room > 0) continue;
      yield group;
      group = [];
      room = stepBytes;
    }
  }
  if (group.length > 0) yield group;
}
