import { formatDuration } from '../../kernel/units/duration.ts';
import { formatSize } from '../../kernel/units/size.ts';
import type { ProgressFigures } from '../../model/event.ts';

/** `3 MiB of 12 MiB, 1.5 MiB/s, 6s left`, as far as it is known. */
export function farText({ doneBytes, totalBytes, bytesPerSecond = 0, remainingMs }: ProgressFigures): string {
  if (doneBytes === undefined) return '';
  const of = totalBytes === undefined ? '' : ` of ${formatSize(totalBytes)}`;
  const rate = bytesPerSecond === 0 ? '' : `, ${formatSize(bytesPerSecond)}/s`;
  const left = remainingMs === undefined || remainingMs === 0 ? '' : `, ${formatDuration(remainingMs)} left`;
  return `${formatSize(doneBytes)}${of}${rate}${left}`;
}
