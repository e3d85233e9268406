/** Folded lists in a parsed document: which node of the tree they are, what their items are, where those are written. */
import { isMap, isSeq, type Node, type YAMLSeq } from 'yaml';
import type { TextRange } from '../../kernel/document/source-text.ts';
import type { Folded, Run } from './fold-repeats.ts';
import { itemTemplate, translate, type Template } from './item-template.ts';

export interface Expansion {
  /** Item of the tree that stands for the item of this index. */
  standsFor(index: number): unknown;
  readonly values: readonly unknown[];
  /** A place in the folded text, inside the item that stands for this one, as a place of this item. */
  place(index: number, range: TextRange): TextRange;
}

/** undefined unless every run is exactly one list of the tree, item by item. */
export function expandRepeats(
  text: string,
  folded: Folded,
  roots: readonly unknown[],
): ReadonlyMap<YAMLSeq, Expansion> | undefined {
  const lists = roots.flatMap(blockLists);
  const expansions = new Map<YAMLSeq, Expansion>();
  for (const run of folded.runs) {
    const list = lists.find((candidate) => isListOf(candidate, run));
    const expansion = list === undefined ? undefined : expand(text, folded, run, list);
    if (list === undefined || expansion === undefined) return undefined;
    expansions.set(list, expansion);
  }
  return expansions;
}

/** Lists that maps lead to; lists in lists are not folded. */
function blockLists(node: unknown): readonly YAMLSeq[] {
  if (isSeq(node)) return node.flow === true ? [] : [node];
  return isMap(node) ? node.items.flatMap(({ value }) => blockLists(value)) : [];
}

function isListOf(list: YAMLSeq, run: Run): boolean {
  if (list.items.length !== run.kept.length || list.anchor !== undefined) return false;
  return run.kept.every(({ item, foldedStart }, index) => {
    const { start, end } = run.items[item]!;
    const range = (list.items[index] as Node | null)?.range;
    if (range === undefined || range === null) return false;
    return range[0] >= foldedStart && range[1] <= foldedStart + end - start;
  });
}

function expand(text: string, folded: Folded, run: Run, list: YAMLSeq): Expansion | undefined {
  const templates = new Map<number, Template>();
  const values: unknown[] = [];
  for (const [index, { start, shape, words }] of run.items.entries()) {
    const { item, foldedStart } = run.kept[shape]!;
    if (item === index) {
      values.push(undefined);
      continue;
    }
    let template = templates.get(shape);
    if (template === undefined) {
      const offsetOf = ({ range }: Node): readonly [number, number] => [
        range![0] - foldedStart,
        range![1] - foldedStart,
      ];
      template = itemTemplate(list.items[shape], run.items[item]!.words!, offsetOf);
      if (template === undefined) return undefined;
      templates.set(shape, template);
    }
    values.push(template(text, start, words!));
  }
  return {
    values,
    standsFor: (index) => list.items[run.items[index]?.shape ?? -1],
    place(index, range) {
      const item = run.items[index]!;
      const { item: original, foldedStart } = run.kept[item.shape]!;
      const offset = range.offset - foldedStart;
      if (original === index) return { offset: item.start + offset, length: range.length };
      const [from, to] = [run.items[original]!.words!, item.words!];
      const start = translate(from, to, offset);
      return { offset: item.start + start, length: translate(from, to, offset + range.length) - start };
    },
  };
}
