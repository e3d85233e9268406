/** One parsed item as a pattern for all items of its shape: the same tree with other words. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Words } from './fold-repeats.ts';

/** A value with holes, filled from the words of an item. */
export type Template = (text: string, start: number, words: Words) => unknown;

/**
 * undefined unless every word is one whole text value, in order: then another word in its place changes that value and
 * nothing else. `offsetOf` gives the place of a node relative to the item.
 */
export function itemTemplate(
  node: unknown,
  words: Words,
  offsetOf: (node: Node) => readonly [number, number],
): Template | undefined {
  let used = 0;
  const build = (part: unknown): Template | undefined => {
    if (isScalar(part)) {
      const [start, end] = offsetOf(part);
      const [from, to] = [words[used], words[used + 1]];
      if (from === undefined || from >= end) return constant(part.value);
      if (from !== start || to !== end || typeof part.value !== 'string') return undefined;
      const index = used;
      used += 2;
      const quote = part.value.length === end - start ? 0 : 1;
      return (text, at, own) => text.slice(at + own[index]! + quote, at + own[index + 1]! - quote);
    }
    if (isSeq(part)) {
      const parts = allOf(part.items.map(build));
      if (parts === undefined) return undefined;
      return (text, at, own) => parts.map((fill) => fill(text, at, own));
    }
    if (!isMap(part)) return part === null ? constant(null) : undefined;
    const keys = part.items.map(({ key }) => (isScalar(key) ? String(key.value) : '__proto__'));
    if (keys.includes('__proto__')) return undefined;
    const parts = allOf(part.items.map(({ value }) => build(value)));
    if (parts === undefined) return undefined;
    return (text, at, own) => {
      const object: Record<string, unknown> = {};
      for (const [index, fill] of parts.entries()) object[keys[index]!] = fill(text, at, own);
      return object;
    };
  };
  const template = build(node);
  return used === words.length ? template : undefined;
}

function constant(value: unknown): Template {
  return () => value;
}

function allOf(parts: readonly (Template | undefined)[]): readonly Template[] | undefined {
  const present = parts.filter((part) => part !== undefined);
  return present.length === parts.length ? present : undefined;
}

/** A place in the item that stayed, as the same place in another item of its shape. */
export function translate(from: Words, to: Words, offset: number): number {
  let shift = 0;
  for (let index = 1; index < from.length && from[index]! <= offset; index += 2) shift = to[index]! - from[index]!;
  return offset + shift;
}
