/**
 * Findings: problems as data. Loading, policy and planning collect all of them and never throw.
 * A code is stable for ever (`THM` and four digits); the first digit names the room that owns it:
 * 1 desired, 2 releases, 3 plan, 4 node, 5 fleet, 6 environment, 7 schemas of databases.
 */
export type Severity = 'error' | 'warning' | 'info';
export type FindingCode = `THM${number}`;

/** A place in a text file. `line` and `col` count from 1; `col` counts UTF-16 units. */
export interface SourceSpan {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Units to underline on that line; 1 when unknown. */
  readonly length?: number;
}

export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** One sentence: what is wrong, with the names and values it concerns. */
  readonly summary: string;
  /** How it comes about, sentence by sentence: a derivation, the edges of a cycle. */
  readonly details?: readonly string[];
  /** One sentence: what to do about it. */
  readonly fix?: string;
  readonly source?: SourceSpan;
  /** Up to three source lines with a caret, made where the text is known. */
  readonly frame?: string;
  /** Other places that belong to it: the first of two duplicates, each edge of a cycle. */
  readonly related?: readonly { readonly source: SourceSpan; readonly note: string }[];
}

const rank: Record<Severity, number> = { error: 0, warning: 1, info: 2 };

/** Order for output: by file, line and column, then severity, then code. Findings without a place come last. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareSpans(a.source, b.source) ||
    rank[a.severity] - rank[b.severity] ||
    compareText(a.code, b.code) ||
    compareText(a.summary, b.summary)
  );
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

function compareSpans(a: SourceSpan | undefined, b: SourceSpan | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compareText(a.file, b.file) || a.line - b.line || a.col - b.col;
}

/** Code-unit order: the same on every machine, unlike locale order. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
