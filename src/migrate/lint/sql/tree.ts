/** Walking the trees of the SQL parser, whose nodes are objects with one field that names their kind. */
import { namesOf } from '../../convert/tree.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';

type KindOf<Node> = Node extends unknown ? keyof Node & string : never;
export type NodeKind = KindOf<SqlNode>;
export type TreeOf<Kind extends NodeKind> = Extract<SqlNode, Readonly<Record<Kind, unknown>>>[Kind & KindOf<SqlNode>];

/** What a node holds when it is of this kind. */
export function treeOf<Kind extends NodeKind>(node: SqlNode | undefined, kind: Kind): TreeOf<Kind> | undefined {
  return node !== undefined && Object.hasOwn(node, kind)
    ? (node as unknown as Record<Kind, TreeOf<Kind>>)[kind]
    : undefined;
}

/** Every node of this kind in a tree, itself included, from the outside in. */
export function* nodesOf<Kind extends NodeKind>(tree: unknown, kind: Kind): Generator<TreeOf<Kind>> {
  for (const value of objectsIn(tree)) if (Object.hasOwn(value, kind)) yield value[kind] as TreeOf<Kind>;
}

/** Works down a list, so that depth costs no stack. */
export function* objectsIn(tree: unknown): Generator<Readonly<Record<string, unknown>>> {
  const waiting: unknown[] = [tree];
  for (let at = 0; at < waiting.length; at += 1) {
    const value = waiting[at];
    if (typeof value !== 'object' || value === null) continue;
    if (!Array.isArray(value)) yield value as Readonly<Record<string, unknown>>;
    for (const item of Object.values(value)) waiting.push(item);
  }
}

/** Name of a function or operator without its schema. */
export function lastName(list: readonly SqlNode[] | undefined): string {
  return namesOf(list).at(-1) ?? '';
}
