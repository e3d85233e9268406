import { hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { joinReleasePath } from '../../model/release-format/layout.ts';
import type { FileSystem } from '../../ports/file-system.ts';
import type { RegisteredFile } from '../../ports/manifest-store.ts';

export type FileState = 'intact' | 'missing' | 'size differs' | 'content differs' | 'not a file';

/** The bytes that lie there, held against the registry: their number and their SHA-256. `root`: of the releases. */
export async function checkStoredFile(
  files: FileSystem,
  root: string,
  { directory, file }: RegisteredFile,
): Promise<FileState> {
  const path = `${root}/${joinReleasePath(directory, file.path)}`;
  const stat = await files.lstat(path);
  if (stat === null) return 'missing';
  if (stat.kind !== 'file') return 'not a file';
  if (stat.sizeBytes !== file.sizeBytes) return 'size differs';
  try {
    const { digest, sizeBytes } = await files.digestFile(path);
    if (sizeBytes !== file.sizeBytes) return 'size differs';
    return hexOf(digest) === file.sha256 ? 'intact' : 'content differs';
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return 'missing';
    throw error;
  }
}
