/** Findings as text for people: place, what is wrong, the source line with a caret, the fix. */
import { compareFindings, type Finding, type Severity } from '../kernel/finding.ts';
import type { Paint } from './paint.ts';

/** One block for each finding, sorted by place, with an empty line after each; empty text without findings. */
export function findingsText(findings: readonly Finding[], paint: Paint): string {
  return [...findings]
    .sort(compareFindings)
    .map((finding) => `${findingText(finding, paint)}\n\n`)
    .join('');
}

/** One finding without a line break at the end. */
export function findingText(finding: Finding, paint: Paint): string {
  const { severity, code, summary, details = [], fix, source, frame, related } = finding;
  const place = source === undefined ? '' : `${paint.bold(`${source.file}:${source.line}:${source.col}`)} `;
  const lines = [`${place}${colour(severity, paint)(severity)} ${paint.dim(code)}`, `  ${summary}`];
  if (frame !== undefined) lines.push('', ...frame.split('\n').map((line) => paintFrame(line, severity, paint)));
  if (frame !== undefined && (fix !== undefined || related !== undefined)) lines.push('');
  for (const { source: other, note } of related ?? []) {
    lines.push(`  ${paint.dim(`${other.file}:${other.line}:${other.col}`)} ${note}`);
  }
  if (details.length > 0) {
    if (lines.at(-1) !== '') lines.push('');
    lines.push(...details.map((detail) => `  ${detail}`));
    if (fix !== undefined) lines.push('');
  }
  if (fix !== undefined) lines.push(`  ${paint.green('Fix:')} ${fix}`);
  return lines.join('\n');
}

function paintFrame(line: string, severity: Severity, paint: Paint): string {
  if (/^ +\| [\s]*\^+$/u.test(line)) return `  ${colour(severity, paint)(line)}`;
  return line.startsWith('>') ? `  ${line}` : paint.dim(`  ${line}`);
}

function colour(severity: Severity, paint: Paint): (text: string) => string {
  switch (severity) {
    case 'error':
      return (text) => paint.red(text);
    case 'warning':
      return (text) => paint.yellow(text);
    case 'info':
      return (text) => paint.cyan(text);
  }
}

/** `2 errors and 1 warning in 3 files.`; `12 files, no findings.` */
export function findingsSummary(findings: readonly Finding[], checked: number, noun = 'file'): string {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const parts = [many(count('error'), 'error'), many(count('warning'), 'warning'), many(count('info'), 'note')];
  const present = parts.filter((part) => !part.startsWith('0 '));
  const what = many(checked, noun);
  if (present.length === 0) return `${what} checked, nothing found.`;
  const last = present.at(-1)!;
  const list = present.length === 1 ? last : `${present.slice(0, -1).join(', ')} and ${last}`;
  return `${what} checked: ${list}.`;
}

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
