/**
 * One YAML document: its plain value, and the way back from a path in that value to the place in the text.
 * Places are looked up only when a finding needs them.
 */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import type { TextRange } from '../../kernel/source-text.ts';
import type { Path, Problem } from '../problem.ts';

export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where a value, or the key it stands under, is written. A path that leads nowhere gives the nearest thing above it. */
  locate(path: Path, part: 'key' | 'value'): TextRange;
  /** A plain scalar as it is written, before it became a number or a boolean. */
  sourceOf(path: Path): string | undefined;
}

const maxDepth = 64;
/** Values that aliases may add to one document: far beyond honest use, far below what would hurt. */
const maxAliasedValues = 10_000;

interface Anchor {
  readonly value: unknown;
  readonly size: number;
}

/** `document` is null when it holds nothing. `usable` is false when a problem leaves open what the value is. */
export function readDocument(
  file: string,
  document: Document.Parsed,
): { readonly document: YamlDocument | null; readonly problems: readonly Problem[]; readonly usable: boolean } {
  const targets = new Map<Alias, Node>();
  const problems: Problem[] = [];
  const value = plainValue(file, document.contents, targets, problems);
  // Of a key that stands twice the first counts, so that everything else can still be checked.
  const usable = problems.every(({ code }) => code === 'THM1003');
  if (value === null && (document.contents === null || (isScalar(document.contents) && !document.contents.source))) {
    return { document: null, problems, usable };
  }
  const locate = (path: Path, part: 'key' | 'value'): TextRange => {
    const { node, key } = walk(document.contents, path, targets);
    const found = part === 'key' && key !== null ? key : node;
    return rangeOf(found ?? key ?? document.contents);
  };
  const sourceOf = (path: Path): string | undefined => {
    const { node } = walk(document.contents, path, targets);
    return isScalar(node) ? node.source : undefined;
  };
  return { document: { file, value, locate, sourceOf }, problems, usable };
}

function plainValue(file: string, root: unknown, targets: Map<Alias, Node>, problems: Problem[]): unknown {
  const anchors = new Map<string, Anchor & { readonly node: Node }>();
  let made = 0;
  let aliased = 0;
  const report = (node: unknown, code: Problem['code'], summary: string, fix: string): undefined => {
    problems.push({ code, summary, fix, at: { file, range: rangeOf(node) } });
  };

  const convert = (node: unknown, depth: number): unknown => {
    if (depth > maxDepth) {
      if (problems.some((problem) => problem.code === 'THM1004')) return undefined;
      return report(node, 'THM1004', `Values are nested more than ${maxDepth} deep.`, 'Remove the nesting.');
    }
    made += 1;
    if (isAlias(node)) return convertAlias(node);
    const before = made;
    const value = convertNode(node, depth);
    const anchor = (node as Node | null)?.anchor;
    if (anchor !== undefined) anchors.set(anchor, { node: node as Node, value, size: made - before + 1 });
    return value;
  };

  const convertAlias = (alias: Alias): unknown => {
    const anchor = anchors.get(alias.source);
    if (anchor === undefined) {
      const summary = `Alias *${alias.source} points to no anchor that ends before it.`;
      return report(alias, 'THM1004', summary, `Write &${alias.source} before the value it stands for, or write the value out.`);
    }
    aliased += anchor.size;
    made += anchor.size;
    if (aliased > maxAliasedValues) {
      if (aliased - anchor.size > maxAliasedValues) return undefined;
      const summary = `Aliases make this document hold more than ${maxAliasedValues} repeated values.`;
      return report(alias, 'THM1004', summary, 'Write the values out, or remove aliases of aliases.');
    }
    targets.set(alias, anchor.node);
    return anchor.value;
  };

  const convertNode = (node: unknown, depth: number): unknown => {
    if (isScalar(node)) return convertScalar(node.value, node);
    if (isSeq(node)) return node.items.map((item) => convert(item, depth + 1));
    if (isMap(node)) return convertMap(node, depth);
    return null;
  };

  const convertScalar = (value: unknown, node: Node): unknown => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return report(node, 'THM1105', 'Infinity and not-a-number have no meaning here.', 'Write a number.');
    }
    if (typeof value === 'string' && !value.isWellFormed()) {
      return report(node, 'THM1107', 'The text holds half of a surrogate pair.', 'Write the character itself.');
    }
    if (typeof value === 'object' && value !== null) {
      return report(node, 'THM1005', 'Values with this YAML tag are not read.', 'Remove the tag.');
    }
    return value;
  };

  const convertMap = (map: YAMLMap, depth: number): unknown => {
    const object: Record<string, unknown> = {};
    const seen = new Map<string, Node>();
    for (const pair of map.items) {
      const keyNode = pair.key as Node;
      const key = isScalar(keyNode) ? String(keyNode.value) : '';
      const first = seen.get(key);
      if (first !== undefined) {
        problems.push({
          code: 'THM1003',
          summary: `Key "${key}" stands twice in the same map.`,
          fix: 'Remove one of the two.',
          at: { file, range: rangeOf(keyNode) },
          related: [{ at: { file, range: rangeOf(first) }, note: 'first written here' }],
        });
        continue;
      }
      seen.set(key, keyNode);
      const value = convert(pair.value, depth + 1);
      if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
      else object[key] = value;
    }
    return object;
  };
  return convert(root, 0);
}

function walk(
  root: unknown,
  path: Path,
  targets: ReadonlyMap<Alias, Node>,
): { readonly node: unknown; readonly key: Node | null } {
  let node: unknown = root;
  let key: Node | null = null;
  for (const part of path) {
    if (isAlias(node)) node = targets.get(node);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
      if (pair === undefined) break;
      key = pair.key as Node;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      node = node.items[part];
      key = null;
    } else break;
  }
  return { node, key };
}

/** A collection is shown by its first key or item, an empty scalar by one unit. */
function rangeOf(node: unknown): TextRange {
  if (isMap(node) && !node.flow && node.items.length > 0) return rangeOf(node.items[0]!.key);
  const range = (node as Node | null)?.range;
  if (range === undefined || range === null) return { offset: 0, length: 1 };
  return { offset: range[0], length: Math.max(1, range[1] - range[0]) };
}
