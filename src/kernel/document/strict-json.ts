/**
 * JSON from outside, read so that two readers cannot disagree about it: valid UTF-8 without a byte order mark or lone
 * surrogates, numbers that exist, no member twice in one object, no `__proto__`, bounded size and depth. What it lets
 * through has a canonical form. Never throws; linear in the bytes.
 */
import type { Json } from '../json.ts';

export type JsonProblem =
  | 'too-large'
  | 'not-utf-8'
  | 'not-json'
  | 'number'
  | 'repeated-member'
  | 'forbidden-member'
  | 'too-deep';

export type StrictJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: JsonProblem; readonly detail: string };

const maxDepth = 32;
// After JSON.parse accepted the text, these are all tokens that matter: whole strings, structure, numbers.
const token = /"(?:[^"\\]|\\.)*"|[{}[\]]|-?\d[\d.eE+-]*/gu;
const colonNext = /[ \t\r\n]*:/uy;

export function parseStrictJson(bytes: Uint8Array, limitBytes: number): StrictJson {
  if (bytes.length > limitBytes) return problem('too-large', `${bytes.length} bytes, at most ${limitBytes}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return problem('not-utf-8', 'not valid UTF-8');
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return problem('not-json', error instanceof Error ? error.message : 'not JSON');
  }
  return memberProblem(text) ?? { ok: true, value };
}

/** What JSON.parse passes over in silence. `text` is known to be JSON. */
function memberProblem(text: string): StrictJson | undefined {
  const open: (Set<string> | null)[] = [];
  for (const match of text.matchAll(token)) {
    const [piece] = match;
    if (piece === '{' || piece === '[') {
      if (open.length === maxDepth) return problem('too-deep', `more than ${maxDepth} levels`);
      open.push(piece === '{' ? new Set() : null);
    } else if (piece === '}' || piece === ']') {
      open.pop();
    } else if (piece.startsWith('"')) {
      if (piece.includes('\\') && !(JSON.parse(piece) as string).isWellFormed()) {
        return problem('not-utf-8', 'a string with half a surrogate pair');
      }
      colonNext.lastIndex = match.index + piece.length;
      if (!colonNext.test(text)) continue;
      const name = JSON.parse(piece) as string;
      if (name === '__proto__') return problem('forbidden-member', name);
      const names = open.at(-1);
      if (names?.has(name) === true) return problem('repeated-member', name);
      names?.add(name);
    } else if (!Number.isFinite(Number(piece))) {
      return problem('number', piece.slice(0, 40));
    }
  }
  return undefined;
}

function problem(kind: JsonProblem, detail: string): StrictJson {
  return { ok: false, problem: kind, detail };
}
