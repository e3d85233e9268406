import { compareText } from '../../kernel/finding.ts';
import type { ReleaseFileType } from '../../model/release.ts';
import type { Delivery } from './delivery.ts';

/** What each other type comes after, unless node.yaml says otherwise. */
export const defaultOrder: readonly ReleaseFileType[] = ['executable', 'library', 'config', 'data'];

/** By type as ordered, and the largest of each first: it would hold up the end. */
export function inOrder(deliveries: readonly Delivery[], order: readonly ReleaseFileType[]): readonly Delivery[] {
  const all = [...order, ...defaultOrder.filter((type) => !order.includes(type))];
  return deliveries.toSorted(
    (a, b) =>
      all.indexOf(a.type) - all.indexOf(b.type) ||
      b.content.sizeBytes - a.content.sizeBytes ||
      compareText(a.path, b.path),
  );
}
