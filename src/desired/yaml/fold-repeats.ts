/**
 * A large fleet is one long list of items that differ only in words. Folding leaves one item of every shape in the text,
 * so that the YAML parser, which stays the only judge of structure, reads each shape once; the others are its copies
 * with other words. Two items have the same shape when all but their value words is equal, keys, spaces and line
 * breaks included. Whatever could make a word mean more than itself keeps its item from being folded.
 */
export interface Folded {
  readonly text: string;
  readonly runs: readonly Run[];
  /** Offset in the folded text to offset in the original. */
  readonly toOriginal: (offset: number) => number;
}

/** The items of one list, as pieces of the original text. */
export interface Run {
  readonly items: readonly Item[];
  /** Indexes of the items that stayed in the text, and where each starts there. */
  readonly kept: readonly { readonly item: number; readonly foldedStart: number }[];
}

export interface Item {
  readonly start: number;
  readonly end: number;
  /** Position in `kept` of the item with the same shape that stayed; its own where it stayed itself. */
  readonly shape: number;
  /** Its value words; undefined where it is an item like no other. */
  readonly words: Words | undefined;
}

/** Start and end of each value word in turn, relative to the item. */
export type Words = readonly number[];

const minimumLength = 32_768;
const minimumItems = 64;
/** Stands for a word in a mask. */
const hole = '\u0001';

/** undefined where folding would not pay. */
export function foldRepeats(text: string): Folded | undefined {
  if (text.length < minimumLength || text.includes(hole) || !text.isWellFormed()) return undefined;
  const runs: Run[] = [];
  const pieces: string[] = [];
  const segments: { readonly folded: number; readonly original: number }[] = [{ folded: 0, original: 0 }];
  let copied = 0;
  let length = 0;
  const copyTo = (end: number): void => {
    pieces.push(text.slice(copied, end));
    length += end - copied;
    copied = end;
  };
  for (const head of text.matchAll(/^ *(?:- )?[\w-]+:[ ]*\r?\n(?= *- )/gmu)) {
    const start = head.index + head[0].length;
    if (start < copied) continue;
    const bounds = splitItems(text, start);
    if (bounds.length <= minimumItems) continue;
    const shapes = new Map<string, number>();
    const items: Item[] = [];
    const kept: { readonly item: number; readonly foldedStart: number }[] = [];
    for (let index = 0; index + 1 < bounds.length; index += 1) {
      const [from, to] = [bounds[index]!, bounds[index + 1]!];
      const scan = scanItem(text.slice(from, to));
      const words = scan?.words;
      const known = scan === undefined ? undefined : shapes.get(scan.mask);
      if (known === undefined) {
        if (scan !== undefined) shapes.set(scan.mask, kept.length);
        items.push({ start: from, end: to, shape: kept.length, words });
        kept.push({ item: index, foldedStart: length + from - copied });
        continue;
      }
      items.push({ start: from, end: to, shape: known, words });
      copyTo(from);
      copied = to;
      segments.push({ folded: length, original: to });
    }
    if (kept.length < items.length) runs.push({ items, kept });
  }
  if (runs.length === 0) return undefined;
  copyTo(text.length);
  return { text: pieces.join(''), runs, toOriginal: (offset) => originalOffset(segments, offset) };
}

function originalOffset(
  segments: readonly { readonly folded: number; readonly original: number }[],
  offset: number,
): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (segments[middle]!.folded <= offset) low = middle;
    else high = middle - 1;
  }
  return segments[low]!.original + offset - segments[low]!.folded;
}

/** Starts of the items of a block sequence, and the end of the last; too few where nothing like that stands there. */
function splitItems(text: string, start: number): readonly number[] {
  let indent = 0;
  while (text[start + indent] === ' ') indent += 1;
  const bounds: number[] = [];
  let at = start;
  while (at < text.length) {
    let column = at;
    while (text[column] === ' ') column += 1;
    const first = text[column];
    const depth = column - at;
    if (depth === indent && first === '-' && (text[column + 1] === ' ' || text[column + 1] === '\n')) bounds.push(at);
    // Blank lines and comments belong to the item above them, whatever their indentation.
    else if (depth <= indent && first !== '\n' && first !== '\r' && first !== '#' && first !== undefined) break;
    const lineEnd = text.indexOf('\n', column);
    at = lineEnd === -1 ? text.length : lineEnd + 1;
  }
  bounds.push(at);
  return bounds;
}

// Quoted text without escapes; a run of word characters; punctuation that is safe by itself; spaces; everything else.
const token = /"[^"\\\r\n]*"|'[^'\r\n]*'|[\w./-]+|[{}[\],]|:(?=[ \r\n])| +|\r?\n|[\s\S]/gu;
const plainWord = /^(?:\.{0,2}\/)?[A-Za-z][\w./-]*$/u;
const anyWord = /^[\w./-]+$/u;
const notText = /^(?:true|True|TRUE|false|False|FALSE|null|Null|NULL)$/u;
const keyFollows = / *:[ \r\n]/uy;

/** undefined where the item holds anything that could make a word mean more than itself. */
function scanItem(item: string): { readonly mask: string; readonly words: Words } | undefined {
  const words: number[] = [];
  let mask = '';
  let copied = 0;
  // A value on this line, or one that the next line could go on with.
  let value: 'none' | 'here' | 'above' = 'none';
  let last = '';
  token.lastIndex = 0;
  for (let match = token.exec(item); match !== null; match = token.exec(item)) {
    const piece = match[0];
    const first = piece[0]!;
    if (first === ' ') continue;
    if (first === '\n' || piece === '\r\n') {
      if (value === 'here') value = 'above';
      continue;
    }
    if ('{}[],:'.includes(first)) {
      // A collection as a key, and a pair of colons, are legal YAML and not worth knowing here.
      if (first === ':' && (last === '' || '}]:,{['.includes(last))) return undefined;
      last = first;
      value = 'none';
      continue;
    }
    const isQuoted = first === '"' || first === "'";
    if (!isQuoted && !anyWord.test(piece)) return undefined;
    if (piece === '-' && value !== 'here') {
      value = 'none';
      last = piece;
      continue;
    }
    keyFollows.lastIndex = match.index + piece.length;
    const isKey = keyFollows.test(item);
    // Two words side by side are one scalar, or a mistake; a key on the next line starts something new.
    if (piece.startsWith('-') || value === 'here' || (value === 'above' && !isKey)) return undefined;
    last = piece;
    value = 'here';
    if (isKey || (!isQuoted && (!plainWord.test(piece) || notText.test(piece)))) continue;
    const [start, end] = [match.index, match.index + piece.length];
    words.push(start, end);
    mask += `${item.slice(copied, start)}${isQuoted ? first : ''}${hole}`;
    copied = end;
  }
  return { mask: mask + item.slice(copied), words };
}
