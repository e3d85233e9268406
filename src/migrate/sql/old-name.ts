/**
 * The view that keeps the old name of a table while two releases run. Its comment says whose name it is: to Themis, which
 * then finds the table by it, and to people.
 */
import type { CatalogColumn, CatalogTable, CatalogView, Owned } from '../../model/catalog.ts';
import type { NamedIn } from '../../model/schema-step.ts';
import { identifier, list, literal, qualified } from './quote.ts';

/** From this version on a view can be read with the rights of whoever asks, so that row policies and grants hold. */
export const invokersRights = 150_000;

/** `like`: whose owner, rights and columns it has. */
export function keepingOldName(
  from: NamedIn,
  to: NamedIn,
  { owner, grants, columns }: Pick<Owned, 'owner' | 'grants'> & { readonly columns: readonly CatalogColumn[] },
  serverVersionNumber: number,
): readonly string[] {
  const rights = serverVersionNumber >= invokersRights ? ' WITH (security_invoker = true)' : '';
  const inOrder = columns.toSorted((a, b) => a.position - b.position).map(({ name }) => name);
  return [
    `CREATE VIEW ${qualified(from)}${rights} AS SELECT ${list(inOrder)} FROM ${qualified(to)}`,
    `ALTER VIEW ${qualified(from)} OWNER TO ${identifier(owner)}`,
    `COMMENT ON VIEW ${qualified(from)} IS ${literal(saying(to))}`,
    ...grants,
  ];
}

export function isOldNameOf(view: CatalogView, relation: CatalogTable | CatalogView): boolean {
  return view.comment === saying(relation);
}

function saying({ schema, name }: NamedIn): string {
  return `Old name of ${schema}.${name}, kept by Themis until no release uses it.`;
}
