/** Tables as SQL and documents name them. Without a schema a name means `public`, as everywhere in Themis. */
import { namedIn, namesOf } from '../../convert/tree.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { objectsIn, treeOf, type TreeOf } from './tree.ts';

/** Of an object that a DROP names: a list of names, one name, or a type's. */
export function objectName(node: SqlNode): NamedIn {
  const items = treeOf(node, 'List')?.items ?? treeOf(node, 'TypeName')?.names ?? [node];
  return namedIn(namesOf(items));
}

/** As a document writes it. */
export function writtenName({ schema, name }: NamedIn): string {
  return schema === 'public' ? name : `${schema}.${name}`;
}

export function sameTable(a: NamedIn, b: NamedIn): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** Every relation that a tree names, whatever holds it. */
export function rangesIn(tree: unknown): readonly TreeOf<'RangeVar'>[] {
  return [...objectsIn(tree)].filter((value) => typeof value['relname'] === 'string') as TreeOf<'RangeVar'>[];
}
