import { digestBytes } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import { parseReleaseIndex } from '../../model/release-format/parse-index.ts';
import type { ReleaseSource, WantedBytes } from '../../ports/release-source.ts';

/** Bytes, or the target of a symbolic link, which is listed and never followed. */
export type MemoryEntry = Uint8Array | { readonly link: string };

/** Releases in memory, by path; the map may be changed between calls. Chunks are small, so that tests meet several. */
export function openMemorySource(entries: ReadonlyMap<string, MemoryEntry>): ReleaseSource {
  const bytesAt = (path: string): Uint8Array => readEntry(entries, path);
  return {
    host: '',
    async readIndex() {
      const bytes = limited(bytesAt(releaseNames.index), releaseNames.index, releaseLimits.indexBytes);
      const signature = entries.has(releaseNames.indexSignature) ? bytesAt(releaseNames.indexSignature) : null;
      return { index: parseReleaseIndex(bytes), bytes, signature };
    },
    async readFile(path, limitBytes) {
      return limited(bytesAt(path), path, limitBytes);
    },
    async readChanged(path, limitBytes, known) {
      const bytes = limited(bytesAt(path), path, limitBytes);
      const validator = digestBytes(bytes);
      return validator === known ? { kind: 'unchanged' } : { kind: 'changed', bytes, validator };
    },
    async openFile(path, wanted) {
      const bytes = bytesAt(path);
      const validator = digestBytes(bytes);
      const offset = wanted.validator === validator ? Math.min(wanted.offset ?? 0, bytes.length) : 0;
      return { offset, sizeBytes: bytes.length, validator, chunks: chunksOf(bytes, path, offset, wanted) };
    },
    async listFiles(path) {
      if (path !== '') checkPath(path);
      const prefix = path === '' ? '' : `${path}/`;
      const files = [...entries].flatMap(([name, entry]) =>
        name.startsWith(prefix)
          ? [
              {
                path: name.slice(prefix.length),
                kind: entry instanceof Uint8Array ? ('file' as const) : ('symlink' as const),
              },
            ]
          : [],
      );
      if (files.length === 0 && path !== '') throw new ThemisError('NOT_FOUND', `${path} does not exist.`);
      return files.sort((a, b) => compareText(a.path, b.path));
    },
  };
}

async function* chunksOf(
  bytes: Uint8Array,
  path: string,
  offset: number,
  { limitBytes, signal }: WantedBytes,
): AsyncGenerator<Uint8Array> {
  const end = Math.min(bytes.length, limitBytes);
  for (let start = offset; start < end; start += 7) {
    if (signal?.aborted === true) throw new ThemisError('CANCELLED', `Reading ${path} was cancelled.`);
    yield bytes.slice(start, Math.min(end, start + 7));
  }
  limited(bytes, path, limitBytes);
}

function readEntry(entries: ReadonlyMap<string, MemoryEntry>, path: string): Uint8Array {
  checkPath(path);
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const entry = entries.get(parts.slice(0, depth).join('/'));
    if (entry !== undefined && !(entry instanceof Uint8Array))
      throw new ThemisError('SYMLINK_REFUSED', `${path} is a symbolic link.`);
  }
  const entry = entries.get(path);
  if (entry instanceof Uint8Array) return entry;
  const isDirectory = [...entries.keys()].some((name) => name.startsWith(`${path}/`));
  throw isDirectory
    ? new ThemisError('IO', `${path} is not a file.`)
    : new ThemisError('NOT_FOUND', `${path} does not exist.`);
}

function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined)
    throw new ThemisError('UNSAFE_PATH', `${JSON.stringify(path)} is refused as a path: ${problem}.`);
}

function limited(bytes: Uint8Array, path: string, limitBytes: number): Uint8Array {
  if (bytes.length > limitBytes) throw new ThemisError('IO', `${path} has more than ${limitBytes} bytes.`);
  return bytes;
}
