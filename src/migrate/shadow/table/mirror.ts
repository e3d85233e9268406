/**
 * The triggers that write in one table what was written in another. They do not carry over the values they are called
 * with but make the target's row what the source's row of that key is by then: so it does not matter in which order
 * triggers of nested statements fire. What cannot be written is noted by its key and leaves the writer alone; `healing`
 * sees to it before the tables change places.
 */
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { identifier, list, qualified } from '../../sql/quote.ts';
import { copying, keyColumns, overwriting, targetKey, writtenColumns, type Direction, type Side } from './one-table.ts';
import { createFunction, dropFunction, dropTrigger, quiet, same } from '../triggers.ts';

export function createMirror(direction: Direction): readonly string[] {
  const { shadow, source, side } = direction;
  const { table } = shadow;
  const call = `EXECUTE FUNCTION ${qualified(side.function)}()`;
  const owner = identifier(table.owner);
  return [
    `CREATE TABLE ${qualified(side.missed)} AS SELECT ${list(keyColumns(shadow))} FROM ${qualified(source)} WITH NO DATA`,
    `ALTER TABLE ${qualified(side.missed)} OWNER TO ${owner}`,
    ...createFunction({ name: side.function, body: mirrorBody(direction), owner: table.owner }),
    `CREATE TRIGGER ${identifier(side.trigger)} AFTER INSERT OR UPDATE OR DELETE ON ${qualified(source)} FOR EACH ROW ${call}`,
    `CREATE TRIGGER ${identifier(side.truncateTrigger)} AFTER TRUNCATE ON ${qualified(source)} FOR EACH STATEMENT ${call}`,
  ];
}

export function dropMirror(source: NamedIn, side: Side): readonly string[] {
  return [
    dropTrigger(side.trigger, source),
    dropTrigger(side.truncateTrigger, source),
    dropFunction(side.function),
    `DROP TABLE IF EXISTS ${qualified(side.missed)}`,
  ];
}

function mirrorBody(direction: Direction): string {
  const { shadow, target, side } = direction;
  const key = keyColumns(shadow);
  const missed = `INSERT INTO ${qualified(side.missed)} SELECT`;
  return [
    '#variable_conflict use_column',
    'BEGIN',
    `IF ${quiet} THEN RETURN NULL; END IF;`,
    `IF TG_OP = 'TRUNCATE' THEN TRUNCATE ${qualified(target)}, ${qualified(side.missed)}; RETURN NULL; END IF;`,
    'BEGIN',
    `  IF TG_OP = 'DELETE' THEN ${removing(direction)}`,
    `  ELSIF TG_OP = 'UPDATE' THEN`,
    `    IF NOT ${same(fields('OLD', key), fields('NEW', key))} THEN ${removing(direction)} END IF;`,
    ...keptValue(direction),
    '  END IF;',
    `  IF TG_OP <> 'DELETE' THEN`,
    `    ${copying(direction, `${place(shadow.table.name, key)} = ${place('NEW', key)}`)}`,
    `    ${overwriting(direction)};`,
    '  END IF;',
    'EXCEPTION WHEN OTHERS THEN',
    `  IF TG_OP <> 'INSERT' THEN ${missed} ${fields('OLD', key)}; END IF;`,
    `  IF TG_OP <> 'DELETE' THEN ${missed} ${fields('NEW', key)}; END IF;`,
    'END;',
    'RETURN NULL;',
    'END',
  ].join('\n');
}

/**
 * The row of the old key, unless another one has taken it by now. A transaction with one snapshot for all its statements
 * does not see what was copied since it began, and deletes nothing without a word.
 */
function removing(direction: Direction): string {
  const { shadow, source, target, side } = direction;
  const key = keyColumns(shadow);
  const gone = `SELECT ${targetKey(direction)} FROM (SELECT OLD.*) AS ${identifier(shadow.table.name)}`;
  const taken = `SELECT FROM ${qualified(source)} AS themis_source WHERE ${place('themis_source', key)} = ${place('OLD', key)}`;
  const blind = `NOT FOUND AND pg_catalog.current_setting('transaction_isolation') <> 'read committed'`;
  return [
    `DELETE FROM ${qualified(target)} WHERE (${list(key)}) IN (${gone}) AND NOT EXISTS (${taken});`,
    `IF ${blind} THEN INSERT INTO ${qualified(side.missed)} SELECT ${fields('OLD', key)}; END IF;`,
  ].join(' ');
}

/** On the way back a value that nobody changed stays what it was to the letter, whatever the conversions make of it. */
function keptValue(direction: Direction): readonly string[] {
  const { shadow, source, target, side } = direction;
  const { column, conversion } = shadow;
  const key = keyColumns(shadow);
  const isBack = side.function.name === shadow.world.hidden('copy_back');
  if (!isBack || key.includes(column.name) || conversion.forwardSafe) return [];
  const rest = writtenColumns(shadow).filter((name) => name !== column.name && !key.includes(name));
  const set = rest.map((name) => `${identifier(name)} = themis_source.${identifier(name)}`).join(', ');
  const rows = `${place('themis_source', key)} = ${place('NEW', key)} AND ${place('themis_target', key)} = ${place('NEW', key)}`;
  const one = [column.name, ...key];
  const update =
    rest.length === 0
      ? `PERFORM FROM ${qualified(target)} AS themis_target WHERE ${place('themis_target', key)} = ${place('NEW', key)};`
      : `UPDATE ${qualified(target)} AS themis_target SET ${set} FROM ${qualified(source)} AS themis_source WHERE ${rows};`;
  return [
    `    IF ${same(fields('OLD', one), fields('NEW', one))} THEN`,
    `      ${update}`,
    '      IF FOUND THEN RETURN NULL; END IF;',
    '    END IF;',
  ];
}

function fields(relation: string, columns: readonly string[]): string {
  const name = relation === 'OLD' || relation === 'NEW' ? relation : identifier(relation);
  return columns.map((column) => `${name}.${identifier(column)}`).join(', ');
}

function place(relation: string, columns: readonly string[]): string {
  return `(${fields(relation, columns)})`;
}
