import type { SourceSpan } from '../finding.ts';

/** A text file as it was read. `path` is relative to what was read, `/`-separated. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** UTF-16 units of a text, from 0. */
export interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/** Offset at which each line starts. */
export type LineStarts = readonly number[];

export function lineStartsOf(text: string): LineStarts {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The span of a range; a range over several lines is cut at the end of its first. */
export function spanOf(file: SourceFile, starts: LineStarts, range: TextRange): SourceSpan {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= range.offset) low = middle;
    else high = middle - 1;
  }
  const start = starts[low]!;
  const end = lineEnd(file.text, starts, low);
  const length = Math.max(1, Math.min(range.length, end - range.offset));
  return { file: file.path, line: low + 1, col: range.offset - start + 1, length };
}

function lineEnd(text: string, starts: LineStarts, line: number): number {
  let end = line + 1 < starts.length ? starts[line + 1]! - 1 : text.length;
  if (end > starts[line]! && text[end - 1] === '\r') end -= 1;
  return end;
}

const frameWidth = 100;

/**
 * The line of a span with the one before and after it, line numbers, and a caret under the span. Long lines are
 * cut around the caret. Ends without a line break.
 */
export function codeFrame(text: string, starts: LineStarts, span: SourceSpan): string {
  const first = Math.max(1, span.line - 1);
  const last = Math.min(starts.length, span.line + 1);
  const shift = Math.max(0, span.col - 1 - Math.floor(frameWidth * 0.6));
  const gutter = String(last).length;
  const lines: string[] = [];
  for (let line = first; line <= last; line += 1) {
    const whole = text.slice(starts[line - 1]!, lineEnd(text, starts, line - 1));
    if (line !== span.line && whole.trim() === '') continue;
    lines.push(`${line === span.line ? '>' : ' '} ${String(line).padStart(gutter)} | ${cut(whole, shift)}`.trimEnd());
    if (line !== span.line) continue;
    const before = whole.slice(shift, span.col - 1).replaceAll(/[^\t]/gu, ' ');
    const room = Math.max(1, Math.min(span.length ?? 1, shift + frameWidth - span.col + 1));
    lines.push(`  ${' '.repeat(gutter)} | ${shift > 0 ? ' ' : ''}${before}${'^'.repeat(room)}`);
  }
  return lines.join('\n');
}

function cut(line: string, shift: number): string {
  const part = line.slice(shift, shift + frameWidth);
  return `${shift > 0 && part !== '' ? '…' : ''}${part}${line.length > shift + frameWidth ? '…' : ''}`;
}
