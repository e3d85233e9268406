/**
 * Stretches of a script by their tokens. What is not looked into (expressions, types) is cut from the text as its author
 * wrote it, without comments: those may end a line that something else follows.
 */
import type { ParsedSql, SqlToken } from '../../ports/schema/sql-parser.ts';

export interface Source {
  readonly text: string;
  readonly parsed: ParsedSql;
}

/** Tokens from `first` up to, without, `last`. */
export interface Piece {
  readonly source: Source;
  readonly first: number;
  readonly last: number;
}

export function pieceOf(source: Source, offset: number, end: number): Piece {
  const { tokens } = source.parsed;
  return { source, first: firstFrom(tokens, offset), last: firstFrom(tokens, end) };
}

/** Index of the first token that starts at an offset or after it. */
function firstFrom(tokens: readonly SqlToken[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle]!.start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The token that a `location` of the tree names, as an index inside of the piece. */
export function located(piece: Piece, location: number | undefined): number {
  const { tokens, offsetOf } = piece.source.parsed;
  const at = firstFrom(tokens, offsetOf(location ?? 0));
  return Math.min(Math.max(at, piece.first), piece.last);
}

export function cut(piece: Piece, first: number, last = piece.last): Piece {
  return { ...piece, first: Math.max(first, piece.first), last: Math.min(Math.max(first, last), piece.last) };
}

/** On one line where its author did not break a text. */
export function textOf({ source, first, last }: Piece): string {
  const { tokens } = source.parsed;
  let text = '';
  for (let at = first; at < last; at += 1) {
    const { start, end } = tokens[at]!;
    if (at > first && start > tokens[at - 1]!.end) text += ' ';
    text += source.text.slice(start, end);
  }
  return text;
}

/** As it stands there, comments and line breaks included. */
export function verbatim({ source, first, last }: Piece): string {
  const { tokens } = source.parsed;
  return first >= last ? '' : source.text.slice(tokens[first]!.start, tokens[last - 1]!.end);
}

/** Indexes of the tokens that stand in no parentheses or brackets of the piece. */
export function* outer(piece: Piece, from = piece.first): Generator<number> {
  let depth = 0;
  for (let at = from; at < piece.last; at += 1) {
    const mark = markAt(piece, at);
    if (mark === ')' || mark === ']') depth -= 1;
    if (depth === 0) yield at;
    if (mark === '(' || mark === '[') depth += 1;
    if (depth < 0) return;
  }
}

/** First place of a key word outside of parentheses. */
export function findWord(piece: Piece, word: string, from = piece.first): number | undefined {
  for (const at of outer(piece, from)) if (isWord(piece, at, word)) return at;
  return undefined;
}

/** What stands between the first parenthesis from a place on and the one that closes it. */
export function inParentheses(piece: Piece, from = piece.first): Piece | undefined {
  let open: number | undefined;
  for (const at of outer(piece, from)) {
    const mark = markAt(piece, at);
    if (open === undefined && mark === '(') open = at;
    else if (open !== undefined && mark === ')') return cut(piece, open + 1, at);
  }
  return undefined;
}

export function splitCommas(piece: Piece): Piece[] {
  const parts: Piece[] = [];
  let first = piece.first;
  for (const at of outer(piece)) {
    if (markAt(piece, at) !== ',') continue;
    parts.push(cut(piece, first, at));
    first = at + 1;
  }
  parts.push(cut(piece, first));
  return parts;
}

export function isWord(piece: Piece, at: number, word: string): boolean {
  const { text, parsed } = piece.source;
  const token = at < piece.last ? parsed.tokens[at] : undefined;
  return token?.kind === 'name' && token.value === word && text[token.start] !== '"';
}

export function markAt({ source, last }: Piece, at: number): string | undefined {
  const token = at < last ? source.parsed.tokens[at] : undefined;
  return token?.kind === 'other' ? token.value : undefined;
}

/** Whether a name stands in it; texts may be code, so their words count too. */
export function mentions({ source, first, last }: Piece, name: string): boolean {
  const lower = name.toLowerCase();
  return source.parsed.tokens
    .slice(first, last)
    .some(({ kind, value }) => (kind === 'name' ? value === name : kind === 'text' && saysWord(value, lower)));
}

function saysWord(text: string, name: string): boolean {
  if (!text.toLowerCase().includes(name)) return false;
  if (!/^[\p{L}\p{N}_$]+$/u.test(name)) return true;
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}_$]+/u)
    .includes(name);
}
