/**
 * Package states of a snapshot, each read once: in a fleet most nodes have the same packages, and a snapshot of ten
 * thousand nodes is hardly anything else. What is parsed is the text with a mark in place of every `"packages":{...}`;
 * then every mark becomes the one object for its text. Only a way of reading: the value is that of JSON.parse.
 */
import { isJsonObject } from '../kernel/json.ts';

/** Never inside a JSON string, where quotes are escaped. */
const opening = '"packages":{';
/** No package state: a text that no writer of snapshots makes. */
const mark = '\u0000packages ';

/** Throws SyntaxError as JSON.parse does. */
export function parseSharing(source: string): unknown {
  const states: unknown[] = [];
  const text = withMarks(source, states);
  if (text === undefined) return JSON.parse(source);
  const value: unknown = JSON.parse(text);
  restore(value, states);
  return value;
}

/** undefined: nothing to share, or not written as expected. */
function withMarks(source: string, states: unknown[]): string | undefined {
  if (source.includes(mark) || source.includes('\\u0000packages')) return undefined;
  const indexOf = new Map<string, number>();
  const parts: string[] = [];
  let done = 0;
  for (let at = source.indexOf(opening); at !== -1; at = source.indexOf(opening, done)) {
    const start = at + opening.length - 1;
    // A state ends where its last package does. Complete JSON is no beginning of longer JSON, so what parses is whole.
    const end = source[start + 1] === '}' ? start + 2 : source.indexOf('}}', start) + 2;
    if (end < start) return undefined;
    const state = source.slice(start, end);
    let index = indexOf.get(state);
    if (index === undefined) {
      try {
        index = states.push(JSON.parse(state)) - 1;
      } catch {
        return undefined;
      }
      indexOf.set(state, index);
    }
    parts.push(source.slice(done, start), JSON.stringify(`${mark}${index}`));
    done = end;
  }
  if (parts.length === 0) return undefined;
  parts.push(source.slice(done));
  return parts.join('');
}

function restore(value: unknown, states: readonly unknown[]): void {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === 'object' && item !== null) open.push(item);
      continue;
    }
    if (!isJsonObject(next)) continue;
    const object = next as Record<string, unknown>;
    for (const name of Object.keys(object)) {
      const member = object[name];
      if (typeof member === 'object' && member !== null) open.push(member);
      else if (name === 'packages' && typeof member === 'string' && member.startsWith(mark))
        object[name] = states[Number(member.slice(mark.length))];
    }
  }
}
