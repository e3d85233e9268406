import type { FindingCode, Severity } from '../kernel/finding.ts';
import type { TextRange } from '../kernel/document/source-text.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

/** Keys and indexes from the top of a document. */
export type Path = readonly (string | number)[];

/** Where a problem is, before anybody looked up line and column. */
export type Place =
  | { readonly document: YamlDocument; readonly path: Path; readonly part: 'key' | 'value' }
  | { readonly file: string; readonly range: TextRange };

/** A finding whose place has not been looked up yet. */
export interface Problem {
  /** Default: error. */
  readonly severity?: Severity;
  readonly code: FindingCode;
  readonly summary: string;
  readonly fix: string;
  readonly at: Place | undefined;
  readonly related?: readonly { readonly at: Place; readonly note: string }[];
}

/** `spec.stages[0].bake`; the empty path is `the document`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the document';
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/u.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** A value as a message shows it: JSON, at most 60 characters. */
export function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/** `a, b and c`. */
export function joinWords(words: readonly string[], last = 'and'): string {
  if (words.length <= 1) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}
