/**
 * One YAML document: its plain value, and the way back from a path in that value to the place in the text.
 * Places are looked up only when a finding needs them.
 */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair, type YAMLSeq } from 'yaml';
import type { TextRange } from '../../kernel/document/source-text.ts';
import type { Path, Problem } from '../problem.ts';
import type { Expansion } from './expand-repeats.ts';
import { plainValue, rangeOf } from './plain-value.ts';

export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where a value, or the key it stands under, is written. A path that leads nowhere gives the nearest thing above it. */
  locate(path: Path, part: 'key' | 'value'): TextRange;
  /** A plain scalar as it is written, before it became a number or a boolean. */
  sourceOf(path: Path): string | undefined;
}

/** What a folded text leaves out, and how its offsets lead back to the original. */
export interface Unfolding {
  readonly expansions: ReadonlyMap<YAMLSeq, Expansion>;
  readonly toOriginal: (offset: number) => number;
}

/** `document` is null when it holds nothing. `usable` is false when a problem leaves open what the value is. */
export function readDocument(
  file: string,
  document: Document.Parsed,
  unfolding?: Unfolding,
): { readonly document: YamlDocument | null; readonly problems: readonly Problem[]; readonly usable: boolean } {
  const { value, targets, problems } = plainValue(file, document.contents, unfolding?.expansions);
  // Of a key that stands twice the first counts, so that everything else can still be checked.
  const usable = problems.every(({ code }) => code === 'THM1003');
  if (value === null && (document.contents === null || (isScalar(document.contents) && !document.contents.source))) {
    return { document: null, problems, usable };
  }
  const locate = (path: Path, part: 'key' | 'value'): TextRange => {
    const { node, key, item } = walk(document.contents, path, targets, unfolding);
    const found = part === 'key' && key !== null ? key : node;
    const range = rangeOf(found ?? key ?? document.contents);
    if (item !== undefined) return item.expansion.place(item.index, range);
    if (unfolding === undefined) return range;
    const offset = unfolding.toOriginal(range.offset);
    // Through its last unit: the one after it may lie behind what was left out.
    return { offset, length: unfolding.toOriginal(range.offset + range.length - 1) + 1 - offset };
  };
  const sourceOf = (path: Path): string | undefined => {
    const { node } = walk(document.contents, path, targets, unfolding);
    if (!isScalar(node)) return undefined;
    // The tree may hold another item of the same shape, which differs in text and in nothing else.
    return typeof node.value === 'string' ? textAt(value, path) : node.source;
  };
  return { document: { file, value, locate, sourceOf }, problems, usable };
}

function textAt(value: unknown, path: Path): string | undefined {
  let current = value;
  for (const part of path) current = (current as Record<string | number, unknown>)[part];
  return typeof current === 'string' ? current : undefined;
}

function walk(
  root: unknown,
  path: Path,
  targets: ReadonlyMap<Alias, Node>,
  unfolding: Unfolding | undefined,
): {
  readonly node: unknown;
  readonly key: Node | null;
  readonly item: { readonly expansion: Expansion; readonly index: number } | undefined;
} {
  let node: unknown = root;
  let item: { readonly expansion: Expansion; readonly index: number } | undefined;
  let key: Node | null = null;
  for (const part of path) {
    if (isAlias(node)) node = targets.get(node);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      key = pair.key as Node;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      const expansion = unfolding?.expansions.get(node);
      if (part >= (expansion?.values ?? node.items).length) break;
      if (expansion !== undefined) item = { expansion, index: part };
      node = expansion === undefined ? node.items[part] : expansion.standsFor(part);
      key = null;
    } else break;
  }
  return { node, key, item };
}
