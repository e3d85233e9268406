/** The result of `themis doctor` as text: one line a check with its mark, below it what is wrong and the fix. */
import type { Finding } from '../kernel/finding.ts';
import type { Paint } from './paint.ts';

export interface CheckResult {
  readonly name: string;
  /** What was seen when nothing is wrong. */
  readonly detail: string;
  readonly findings: readonly Finding[];
}

export type CheckStatus = 'ok' | 'warn' | 'fail';

export function statusOf({ findings }: Pick<CheckResult, 'findings'>): CheckStatus {
  if (findings.some(({ severity }) => severity === 'error')) return 'fail';
  return findings.some(({ severity }) => severity === 'warning') ? 'warn' : 'ok';
}

/** `skipped`: names of checks that could not run. Quiet leaves out what is fine. */
export function checkupText(
  results: readonly CheckResult[],
  skipped: readonly string[],
  quiet: boolean,
  paint: Paint,
): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.flatMap((result) => {
    const status = statusOf(result);
    if (status === 'ok') return quiet ? [] : [`${mark(status, paint)}  ${result.name.padEnd(width)}  ${result.detail}`];
    return result.findings.flatMap(({ code, severity, summary, fix }, index) => [
      `${mark(statusOf({ findings: [result.findings[index]!] }), paint)}  ${result.name.padEnd(width)}  ${summary} ${paint.dim(code)}`,
      ...(fix === undefined || severity === 'info' ? [] : [`${' '.repeat(width + 8)}${paint.green('Fix:')} ${fix}`]),
    ]);
  });
  if (quiet) return lines.map((line) => `${line}\n`).join('');
  if (skipped.length > 0) lines.push(`Not checked without a valid fleet: ${skipped.join(', ')}.`);
  return `${[...lines, '', summary(results)].join('\n')}\n`;
}

function mark(status: CheckStatus, paint: Paint): string {
  const text = status.padEnd(4);
  if (status === 'ok') return paint.green(text);
  return status === 'warn' ? paint.yellow(text) : paint.red(text);
}

function summary(results: readonly CheckResult[]): string {
  const count = (status: CheckStatus): number => results.filter((result) => statusOf(result) === status).length;
  const bad = count('fail');
  const doubtful = count('warn');
  if (bad + doubtful === 0) return `All ${results.length} checks passed.`;
  return `${results.length} checks: ${count('ok')} ok, ${doubtful} to look at, ${bad} failed.`;
}
