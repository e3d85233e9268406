/**
 * The parser's tree to plain values. Keys that stand twice, aliases that would blow up, and values without meaning in
 * JSON are problems; of a key that stands twice the first counts. Linear in the text, whatever the aliases say.
 */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { TextRange } from '../../kernel/document/source-text.ts';
import type { Problem } from '../problem.ts';
import type { Expansion } from './expand-repeats.ts';

const maxDepth = 64;
/** Values that aliases may add to one document: far beyond honest use, far below what would hurt. */
const maxAliasedValues = 10_000;

interface Conversion {
  readonly file: string;
  readonly expansions: ReadonlyMap<YAMLSeq, Expansion> | undefined;
  readonly problems: Problem[];
  readonly targets: Map<Alias, Node>;
  readonly anchors: Map<string, { readonly node: Node; readonly value: unknown; readonly size: number }>;
  made: number;
  aliased: number;
}

/** `targets` leads from each alias to what it stands for. */
export function plainValue(
  file: string,
  root: unknown,
  expansions: ReadonlyMap<YAMLSeq, Expansion> | undefined,
): { readonly value: unknown; readonly targets: ReadonlyMap<Alias, Node>; readonly problems: readonly Problem[] } {
  const run: Conversion = {
    file,
    expansions,
    problems: [],
    targets: new Map(),
    anchors: new Map(),
    made: 0,
    aliased: 0,
  };
  const value = convert(run, root, 0);
  return { value, targets: run.targets, problems: run.problems };
}

function report(run: Conversion, node: unknown, code: Problem['code'], summary: string, fix: string): undefined {
  run.problems.push({ code, summary, fix, at: { file: run.file, range: rangeOf(node) } });
}

function convert(run: Conversion, node: unknown, depth: number): unknown {
  if (depth > maxDepth) {
    if (run.problems.some(({ code }) => code === 'THM1004')) return undefined;
    return report(run, node, 'THM1004', `Values are nested more than ${maxDepth} deep.`, 'Remove the nesting.');
  }
  run.made += 1;
  if (isAlias(node)) return convertAlias(run, node);
  const before = run.made;
  const value = convertNode(run, node, depth);
  const anchor = (node as Node | null)?.anchor;
  if (anchor !== undefined) run.anchors.set(anchor, { node: node as Node, value, size: run.made - before + 1 });
  return value;
}

function convertAlias(run: Conversion, alias: Alias): unknown {
  const anchor = run.anchors.get(alias.source);
  if (anchor === undefined) {
    const summary = `Alias *${alias.source} points to no anchor that ends before it.`;
    const fix = `Write &${alias.source} before the value it stands for, or write the value out.`;
    return report(run, alias, 'THM1004', summary, fix);
  }
  const before = run.aliased;
  run.aliased += anchor.size;
  run.made += anchor.size;
  if (run.aliased > maxAliasedValues) {
    if (before > maxAliasedValues) return undefined;
    const summary = `Aliases make this document hold more than ${maxAliasedValues} repeated values.`;
    return report(run, alias, 'THM1004', summary, 'Write the values out, or remove aliases of aliases.');
  }
  run.targets.set(alias, anchor.node);
  return anchor.value;
}

function convertNode(run: Conversion, node: unknown, depth: number): unknown {
  if (isScalar(node)) return convertScalar(run, node);
  if (isSeq(node)) return convertSeq(run, node, depth);
  if (isMap(node)) return convertMap(run, node, depth);
  return null;
}

function convertScalar(run: Conversion, node: Scalar): unknown {
  const { value } = node;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return report(run, node, 'THM1105', 'Infinity and not-a-number have no meaning here.', 'Write a number.');
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    return report(run, node, 'THM1107', 'The text holds half of a surrogate pair.', 'Write the character itself.');
  }
  if (typeof value === 'bigint' || (typeof value === 'object' && value !== null)) {
    return report(run, node, 'THM1005', 'Values with this YAML tag are not read.', 'Remove the tag.');
  }
  return value;
}

function convertSeq(run: Conversion, seq: YAMLSeq, depth: number): unknown {
  const expansion = run.expansions?.get(seq);
  if (expansion === undefined) return seq.items.map((item) => convert(run, item, depth + 1));
  return expansion.values.map((value, index) =>
    value === undefined ? convert(run, expansion.standsFor(index), depth + 1) : value,
  );
}

function convertMap(run: Conversion, map: YAMLMap, depth: number): unknown {
  const object: Record<string, unknown> = {};
  const seen = new Map<string, Node>();
  for (const pair of map.items) {
    const keyNode = pair.key as Node;
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    const first = seen.get(key);
    if (first !== undefined) {
      run.problems.push({
        code: 'THM1003',
        summary: `Key "${key}" stands twice in the same map.`,
        fix: 'Remove one of the two.',
        at: { file: run.file, range: rangeOf(keyNode) },
        related: [{ at: { file: run.file, range: rangeOf(first) }, note: 'first written here' }],
      });
      continue;
    }
    if (!key.isWellFormed()) {
      report(run, keyNode, 'THM1107', 'The key holds half of a surrogate pair.', 'Write the character itself.');
    }
    seen.set(key, keyNode);
    const value = convert(run, pair.value, depth + 1);
    if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
    else object[key] = value;
  }
  return object;
}

/** A block map is shown by its first key, a block list by its first item, an empty scalar by one unit. */
export function rangeOf(node: unknown): TextRange {
  if (isMap(node) && node.flow !== true && node.items.length > 0) return rangeOf(node.items[0]!.key);
  if (isSeq(node) && node.flow !== true && node.items.length > 0) return rangeOf(node.items[0]);
  const range = (node as Node | null)?.range;
  if (range === undefined || range === null) return { offset: 0, length: 1 };
  return { offset: range[0], length: Math.max(1, range[1] - range[0]) };
}
