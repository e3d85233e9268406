/** DROP. What is dropped goes in the contract phase, when no node needs it any longer. */
import type { DropStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { defaultSchema, documentTable, fieldsOf, namedIn, namesOf, noRoomForName } from '../tree.ts';

export function drop(stmt: DropStmt, unit: Unit, world: World): readonly Draft[] {
  const objects = (stmt.objects ?? []).map(namesIn);
  if (stmt.removeType === 'OBJECT_TABLE') return dropTables(stmt, unit, objects.map(namedIn), world);
  if (stmt.removeType === 'OBJECT_INDEX') return dropIndexes(stmt, unit, objects.map(namedIn), world);
  const kind = kinds[stmt.removeType ?? ''];
  for (const names of objects) if (kind !== undefined) world.known.dropObject(kind, namedIn(names));
  return [kept(stmt, unit, objects, 'there is no operation for it')];
}

const kinds: Readonly<Record<string, string>> = {
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'view',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
};

function dropTables(stmt: DropStmt, unit: Unit, tables: readonly NamedIn[], world: World): readonly Draft[] {
  const [table] = tables as [NamedIn];
  const isKnown = tables.every((one) => world.known.table(one) !== undefined);
  for (const one of tables) world.known.dropTable(one);
  const written = documentTable(table);
  let why: string | undefined;
  if (tables.length > 1) why = 'an operation drops one table, and these may point to each other';
  else if (stmt.behavior === 'DROP_CASCADE') why = 'an operation has no CASCADE';
  else if (stmt.missing_ok === true && !isKnown) why = 'an operation has no IF EXISTS';
  else if (written === undefined) why = noRoomForName;
  if (why === undefined) return [{ unit, operation: { dropTable: { table: written! } } }];
  return [
    kept(
      stmt,
      unit,
      tables.map(({ name }) => [name]),
      why,
      { irreversible: 'The rows are gone.' },
    ),
  ];
}

function dropIndexes(stmt: DropStmt, unit: Unit, indexes: readonly NamedIn[], world: World): readonly Draft[] {
  const tables = indexes.map((index) => world.known.index(index));
  for (const index of indexes) world.known.dropIndex(index);
  const [index, table] = [indexes[0]!, tables[0]];
  const written = table === undefined ? undefined : documentTable(table);
  let why: string | undefined;
  if (stmt.behavior === 'DROP_CASCADE') why = 'an operation has no CASCADE';
  else if (tables.includes(undefined)) why = 'an operation names the table, which is not in this script';
  else if (written === undefined) why = noRoomForName;
  if (why !== undefined) {
    const transactional = stmt.concurrent === true ? { transactional: false } : {};
    const draft = kept(
      stmt,
      unit,
      indexes.map(({ name }) => [name]),
      why,
    );
    return [{ ...draft, operation: { rawSql: { ...draft.operation.rawSql!, ...transactional } } }];
  }
  const drops = indexes.map(({ name }, at) => ({ table: documentTable(tables[at]!), name }));
  if (drops.some((one) => one.table === undefined)) return [kept(stmt, unit, [[index.name]], noRoomForName)];
  return drops.map(({ table: on, name }) => ({ unit, operation: { dropIndex: { table: on!, name } } }));
}

const gone: Undo = { irreversible: 'What is dropped is not in the script.' };

function kept(stmt: DropStmt, unit: Unit, objects: readonly (readonly string[])[], why: string, undo = gone): Draft {
  const names = objects.flatMap((parts) => parts.slice(-1));
  const table = onTable.has(stmt.removeType ?? '') ? namedIn(objects[0]?.slice(0, -1) ?? []) : undefined;
  const own = table === undefined ? unit : { ...unit, table };
  return { ...raw(own, verbatim(unit.piece), why, undo, { phase: 'contract' }), drops: names };
}

/** Their names come after that of their table. */
const onTable = new Set(['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE']);

function namesIn(node: SqlNode): string[] {
  const { kind, fields } = fieldsOf(node);
  if (kind === 'String') return [(fields['sval'] as string | undefined) ?? ''];
  if (kind === 'List') return namesOf(fields['items'] as SqlNode[] | undefined);
  if (kind === 'ObjectWithArgs') return namesOf(fields['objname'] as SqlNode[] | undefined);
  if (kind === 'TypeName') return namesOf(fields['names'] as SqlNode[] | undefined);
  return [defaultSchema];
}
