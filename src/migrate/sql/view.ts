/** Views as a catalog has them: taken away so that something they read can be changed, and made again as they were. */
import type { Catalog, CatalogView } from '../../model/schema/catalog.ts';
import { identifier, literal, qualified } from './quote.ts';

/** Views that read one of `places` (`schema.table.column`), and views on those; the ones that are read come first. */
export function viewsOver({ views }: Catalog, places: readonly string[]): readonly CatalogView[] {
  const found: CatalogView[] = [];
  const isOver = (view: CatalogView): boolean =>
    view.reads.some((read) => places.includes(read) || found.some((one) => isOf(one, read)));
  for (let before = -1; before < found.length;) {
    before = found.length;
    found.push(...views.filter((view) => !found.includes(view) && isOver(view)));
  }
  return inOrder(found);
}

function isOf({ schema, name }: CatalogView, read: string): boolean {
  return read === `${schema}.${name}` || read.startsWith(`${schema}.${name}.`);
}

function inOrder(views: readonly CatalogView[]): readonly CatalogView[] {
  const ordered: CatalogView[] = [];
  while (ordered.length < views.length) {
    const left = views.filter((view) => !ordered.includes(view));
    const next = left.find(
      (view) => !left.some((other) => other !== view && view.reads.some((read) => isOf(other, read))),
    );
    ordered.push(next ?? left[0]!);
  }
  return ordered;
}

/** A plain one: of what is materialized, or has triggers or rules, only PostgreSQL itself knows everything. */
export function isPlain({ materialized, triggers, rules }: CatalogView): boolean {
  return !materialized && triggers.length === 0 && rules.length === 0;
}

export function creatingView(view: CatalogView): readonly string[] {
  const place = qualified(view);
  const options = view.options.length === 0 ? '' : ` WITH (${view.options.join(', ')})`;
  const said = view.columns.filter(({ comment }) => comment !== null);
  return [
    `CREATE VIEW ${place}${options} AS ${view.definition.trim().replace(/;$/u, '')}`,
    `ALTER VIEW ${place} OWNER TO ${identifier(view.owner)}`,
    ...view.grants,
    ...(view.comment === null ? [] : [`COMMENT ON VIEW ${place} IS ${literal(view.comment)}`]),
    ...said.map((column) => `COMMENT ON COLUMN ${place}.${identifier(column.name)} IS ${literal(column.comment!)}`),
    ...view.columns
      .filter((column) => column.default !== null)
      .map((column) => `ALTER VIEW ${place} ALTER COLUMN ${identifier(column.name)} SET DEFAULT ${column.default}`),
  ];
}
