import { formatSize } from '../kernel/units/size.ts';
import type { ReleaseFile } from '../model/release.ts';

/** `1 file, 10 B`, `12 files, 3.4 MiB`. */
export function describePayload(files: readonly ReleaseFile[]): string {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${formatSize(sizeBytes)}`;
}
