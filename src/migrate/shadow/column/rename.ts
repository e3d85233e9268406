/**
 * Two names for one column while two releases write: a second column that triggers keep equal, until the old one takes
 * the new name. So everything that hangs on the old column stays as it is, and the end is that of a plain rename.
 *
 * The first trigger hears what the writer meant, so that triggers of the user see both names filled; the last one hears
 * what those made of it. The column that was changed wins; the new name, where both were. Whether a writer left the new
 * name out or gave NULL is told by its default, which says so in a setting: of the old one's default, too, only the
 * trigger's silence can be had.
 */
import type { CatalogColumn, CatalogTable } from '../../../model/catalog.ts';
import type { NamedIn } from '../../../model/schema-step.ts';
import type { OperationWorld } from '../../operation.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { createFunction, dropFunction, dropTrigger, firstOf, lastOf, quiet, same, text } from '../triggers.ts';
import { mayBeUnseen } from './walk.ts';

export interface Renaming {
  readonly table: CatalogTable;
  readonly column: CatalogColumn;
  readonly to: string;
  readonly world: OperationWorld;
}

export function createStatements({ table, column, to, world }: Renaming): readonly string[] {
  const alter = `ALTER TABLE ${qualified(table)}`;
  const collation = column.collation === null ? '' : ` COLLATE ${column.collation}`;
  const left = setting(world, 'left');
  const telling = `(CASE WHEN pg_catalog.set_config(${text(left)}, 'on', true) = '' THEN NULL::${column.type} END)`;
  const place = qualified(table);
  const trigger = (name: string, part: string) =>
    `CREATE TRIGGER ${identifier(name)} BEFORE INSERT OR UPDATE ON ${place} FOR EACH ROW EXECUTE FUNCTION ${qualified(functionOf(table, world))}('${part}')`;
  return [
    ...mayBeUnseen(table),
    `${alter} ADD COLUMN ${identifier(to)} ${column.type}${collation}`,
    ...(column.default === null ? [] : [`${alter} ALTER COLUMN ${identifier(to)} SET DEFAULT ${telling}`]),
    ...columnGrants(table, column.name, to),
    ...createFunction({ name: functionOf(table, world), body: body(column, to, world) }),
    trigger(firstOf(world.hidden('rename')), 'first'),
    trigger(lastOf(world.hidden('rename')), 'last'),
  ];
}

/** Also after contract has been taken back: then there is nothing left of it. */
export function dropStatements({ table, to, world }: Pick<Renaming, 'table' | 'to' | 'world'>): readonly string[] {
  return [...dropTriggers(table, world), `ALTER TABLE ${qualified(table)} DROP COLUMN IF EXISTS ${identifier(to)}`];
}

function dropTriggers(table: NamedIn, world: OperationWorld): readonly string[] {
  return [
    dropTrigger(firstOf(world.hidden('rename')), table),
    dropTrigger(lastOf(world.hidden('rename')), table),
    dropFunction(functionOf(table, world)),
  ];
}

function functionOf({ schema }: NamedIn, world: OperationWorld): NamedIn {
  return { schema, name: world.hidden('rename') };
}

function setting(world: OperationWorld, purpose: string): string {
  return `themis.${world.hidden(purpose)}`;
}

/** Rights to single columns, for the other name. */
function columnGrants({ grants }: CatalogTable, from: string, to: string): readonly string[] {
  return grants.flatMap((grant) => {
    const [, right, column, rest] = /^(GRANT [A-Z]+) \(("(?:[^"]|"")+"|[^")]+)\)( [\s\S]*)$/u.exec(grant) ?? [];
    return column === from || column === identifier(from) ? [`${right} (${identifier(to)})${rest}`] : [];
  });
}

function body(column: CatalogColumn, to: string, world: OperationWorld): string {
  const [old, fresh] = [`NEW.${identifier(column.name)}`, `NEW.${identifier(to)}`];
  const [seen, left] = [text(setting(world, 'seen')), text(setting(world, 'left'))];
  const wasLeft = `pg_catalog.current_setting(${left}, true) = 'on'`;
  const forget = `PERFORM pg_catalog.set_config(${left}, '', true);`;
  const inserted =
    column.default === null
      ? [`IF num_nonnulls(${fresh}) = 0 THEN ${fresh} := ${old}; ELSE ${old} := ${fresh}; END IF;`]
      : [`IF ${wasLeft} THEN ${fresh} := ${old}; ELSE ${old} := ${fresh}; END IF;`, forget];
  const defaulted =
    column.default === null
      ? []
      : [`ELSIF ${wasLeft} THEN`, `  ${old} := ${column.default};`, `  ${fresh} := ${old};`, `  ${forget}`];
  return [
    'BEGIN',
    `IF ${quiet} THEN RETURN NEW; END IF;`,
    `IF TG_ARGV[0] = 'last' THEN`,
    `  IF ${same(old, fresh)} THEN RETURN NEW; END IF;`,
    `  IF pg_catalog.current_setting(${seen}, true) = md5(quote_nullable((${old})::text)) THEN ${old} := ${fresh};`,
    `  ELSE ${fresh} := ${old}; END IF;`,
    '  RETURN NEW;',
    'END IF;',
    `IF TG_OP = 'INSERT' THEN`,
    ...inserted.map((line) => `  ${line}`),
    ...defaulted,
    `ELSIF NOT ${same(fresh, `OLD.${identifier(to)}`)} THEN ${old} := ${fresh};`,
    `ELSE ${fresh} := ${old};`,
    'END IF;',
    `PERFORM pg_catalog.set_config(${seen}, md5(quote_nullable((${old})::text)), true);`,
    'RETURN NEW;',
    'END',
  ].join('\n');
}
