/** Statements that say whose things are, who may use them, and what is said of them. */
import type { Catalog, CatalogTable, CatalogView, Owned } from '../../../model/schema/catalog.ts';
import { shown } from '../../find.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { commented, type ScriptStatement } from './statement.ts';
import { functionPlace, signature, viewPlace } from './things.ts';

interface Named {
  readonly what: string;
  /** As ALTER, COMMENT and REVOKE have it: `TABLE "public"."users"`. */
  readonly name: string;
  readonly owned: Owned;
  /** A sequence of a column has the owner of its table. */
  readonly hasOwner: boolean;
  /** What everybody may from the start, unless it is taken away. */
  readonly isPublic: boolean;
}

export function accessScript(catalog: Catalog): readonly ScriptStatement[] {
  const things = thingsOf(catalog);
  return [
    ...things
      .filter(({ hasOwner }) => hasOwner)
      .map(({ what, name, owned }) => ({ what, sql: `ALTER ${name} OWNER TO ${identifier(owned.owner)}` })),
    ...things.flatMap(({ what, name, owned, isPublic }) => {
      const taken = isPublic ? [`REVOKE ALL ON ${name.replace(/^AGGREGATE /u, 'FUNCTION ')} FROM PUBLIC`] : [];
      return [...taken, ...owned.grants].map((sql) => ({ what, sql }));
    }),
    ...things.flatMap(({ what, name, owned }) => commented(what, name, owned.comment)),
    ...[...catalog.tables, ...catalog.views].flatMap(partComments),
  ];
}

function thingsOf({ schemas, tables, views, enums, types, sequences, functions }: Catalog): readonly Named[] {
  const plain = { hasOwner: true, isPublic: false };
  return [
    ...schemas.map((one) => ({
      ...plain,
      what: `schema ${one.name}`,
      name: `SCHEMA ${identifier(one.name)}`,
      owned: one,
      isPublic: true,
    })),
    ...[...enums, ...types].map((one) => ({
      ...plain,
      what: `type ${shown(one)}`,
      name: `TYPE ${qualified(one)}`,
      owned: one,
      isPublic: true,
    })),
    ...functions.map((one) => ({
      ...plain,
      what: functionPlace(one),
      name: `${one.kind.toUpperCase()} ${signature(one)}`,
      owned: one,
      isPublic: true,
    })),
    ...tables.map((one) => ({ ...plain, what: `table ${shown(one)}`, name: `TABLE ${qualified(one)}`, owned: one })),
    ...views.map((one) => ({
      ...plain,
      what: viewPlace(one),
      name: `${one.materialized ? 'MATERIALIZED VIEW' : 'VIEW'} ${qualified(one)}`,
      owned: one,
    })),
    ...sequences.map((one) => ({
      what: `sequence ${shown(one)}`,
      name: `SEQUENCE ${qualified(one)}`,
      owned: one,
      hasOwner: one.ownedBy === null,
      isPublic: false,
    })),
  ];
}

function partComments(of: CatalogTable | CatalogView): readonly ScriptStatement[] {
  const what = `a comment in ${shown(of)}`;
  const within = (name: string): string => `${identifier(name)} ON ${qualified(of)}`;
  const inSchema = (name: string, schema = of.schema): string => qualified({ schema, name });
  const { columns, indexes, triggers, rules } = of;
  const ofTable = 'constraints' in of ? of : { constraints: [], statistics: [], policies: [] };
  return [
    ...columns.flatMap((one) => commented(what, `COLUMN ${qualified(of)}.${identifier(one.name)}`, one.comment)),
    ...indexes.flatMap((one) => commented(what, `INDEX ${inSchema(one.name)}`, one.comment)),
    ...triggers.flatMap((one) => commented(what, `TRIGGER ${within(one.name)}`, one.comment)),
    ...rules.flatMap((one) => commented(what, `RULE ${within(one.name)}`, one.comment)),
    ...ofTable.constraints.flatMap((one) => commented(what, `CONSTRAINT ${within(one.name)}`, one.comment)),
    ...ofTable.policies.flatMap((one) => commented(what, `POLICY ${within(one.name)}`, one.comment)),
    ...ofTable.statistics.flatMap((one) =>
      commented(what, `STATISTICS ${inSchema(one.name, one.schema)}`, one.comment),
    ),
  ];
}
