import { type Digest, startDigest } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { ReleaseSource } from '../ports/release-source.ts';

export type HashedFile =
  /** With more bytes than there should be, reading ended there, and the digest is of nothing. */
  | { readonly kind: 'hashed'; readonly digest: Digest; readonly sizeBytes: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'link' };

/** A file of a source as it lies there, of which so many bytes are expected. Only a source that fails throws. */
export async function hashSourceFile(source: ReleaseSource, path: string, expectedBytes: number): Promise<HashedFile> {
  const digest = startDigest();
  let sizeBytes = 0;
  try {
    // One byte more than there should be, so that a longer file is seen and an endless one is not read.
    const { chunks } = await source.openFile(path, { limitBytes: expectedBytes + 1 });
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > expectedBytes) break;
      digest.add(chunk);
    }
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
    if (error.code === 'NOT_FOUND') return { kind: 'missing' };
    if (error.code === 'SYMLINK_REFUSED') return { kind: 'link' };
    throw error;
  }
  return { kind: 'hashed', digest: digest.finish(), sizeBytes };
}
