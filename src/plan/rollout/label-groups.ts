/** Label groups of a Rollout's `order`: a node belongs to the first selector that selects it, else to a last group. */
import type { Selector } from '../../kernel/selector.ts';
import { parseSelector, selects } from '../../kernel/selector.ts';
import type { DesiredNode } from '../../model/desired.ts';

export interface LabelGroups {
  /** From 0. */
  of(node: DesiredNode): number;
  /** `zone=eu-1`, or `every other node` for the last. */
  nameOf(group: number): string;
}

export function createLabelGroups(order: readonly string[]): LabelGroups {
  const selectors = order.map((text): Selector | undefined => parseSelector(text));
  return {
    of(node) {
      const index = selectors.findIndex((selector) => selector !== undefined && selects(selector, node.labels));
      return index === -1 ? selectors.length : index;
    },
    nameOf: (group) => order[group] ?? 'every other node',
  };
}
