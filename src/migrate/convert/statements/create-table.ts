/**
 * CREATE TABLE. What a document has no field for is added by SQL of its own right after, while the table is empty; only
 * where that cannot be added later the whole statement is kept as it is.
 */
import type { CreateStmt } from 'libpg-query';
import type { Column, Constraint, Operation } from '../../../model/documents.ts';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { alterColumn, convertColumn, type ConvertedColumn } from '../column.ts';
import { convertConstraint, type ConvertedConstraint } from '../constraint.ts';
import { leftOut, partNotKept, raw, type Draft, type Unit, type World } from '../draft.ts';
import { cut, inParentheses, located, splitCommas, verbatim, type Piece } from '../piece.ts';
import { documentTable, noRoomForName, relationOf } from '../tree.ts';

export function createTable(stmt: CreateStmt, unit: Unit, world: World): readonly Draft[] {
  const table = relationOf(stmt.relation);
  const { known } = world;
  if (stmt.if_not_exists === true) {
    if (known.table(table) !== undefined) {
      world.note(leftOut(unit, `Table ${table.name} is there already, so the statement does nothing.`, 'Remove it.'));
      return [];
    }
    const fix = 'Remove the table from the script where a database may have it already.';
    world.note(partNotKept(unit, 'IF NOT EXISTS is not kept: the migration is refused where the table is there.', fix));
  }
  const parts = partsOf(stmt, unit, table, world);
  if (typeof parts === 'string') return [asItIs(stmt, unit, table, parts, world)];
  return assembled(parts, unit, table, world);
}

interface Parts {
  readonly written: string;
  readonly columns: readonly ConvertedColumn[];
  readonly constraints: readonly ConvertedConstraint[];
}

/** Or why the statement is kept whole. Names are given out in the order in which PostgreSQL does. */
function partsOf(stmt: CreateStmt, unit: Unit, table: NamedIn, { known }: World): Parts | string {
  const written = documentTable(table);
  const why = whyNotTable(stmt, written);
  if (why !== undefined) return why;
  const body = inParentheses(unit.piece, located(unit.piece, stmt.relation?.location));
  const elements = stmt.tableElts ?? [];
  const pieces = body === undefined ? [] : splitCommas(body);
  if (pieces.length !== elements.length) return 'its columns are not found in the text';
  known.addTable(table, { created: null, columns: new Map(), primaryKey: keyOf(stmt), constraints: new Map() });
  const columns: ConvertedColumn[] = [];
  const constraints: ConvertedConstraint[] = [];
  const add = (made: ConvertedConstraint): void => {
    constraints.push(made);
    remember(made, table, known);
  };
  for (const [index, element] of elements.entries()) {
    const piece: Piece = pieces[index]!;
    if ('ColumnDef' in element) {
      const made = convertColumn(element.ColumnDef, piece, table, known);
      if (made.isSerial)
        known.addObject('sequence', { schema: table.schema, name: known.freeRelation(table, made.column.name, 'seq') });
      if (made.obstacle !== undefined) return made.obstacle;
      columns.push(made);
      made.constraints.forEach(add);
    } else if ('Constraint' in element && element.Constraint.contype !== 'CONSTR_NOTNULL') {
      add(convertConstraint({ node: element.Constraint, piece, table, column: null, attributes: [] }, known));
    } else return 'a table of a document has columns and constraints only';
  }
  if (columns.length === 0) return 'a table of a document has a column';
  const single = withoutDoubles(constraints);
  const isNamed = constraints.some((one) => one.kind === 'document' && one.named && !single.includes(one));
  // The one that stays takes over the name.
  if (isNamed) return 'two of its constraints make one index';
  return { written: written!, columns, constraints: single };
}

function whyNotTable(stmt: CreateStmt, written: string | undefined): string | undefined {
  if (stmt.relation?.relpersistence !== 'p') return 'a table of a document is neither temporary nor unlogged';
  if (written === undefined) return noRoomForName;
  if (stmt.partspec !== undefined || stmt.partbound !== undefined) return 'a table of a document is not partitioned';
  if ((stmt.inhRelations ?? []).length > 0) return 'a table of a document inherits from none';
  if (stmt.ofTypename !== undefined) return 'a table of a document has columns of its own';
  if ((stmt.options ?? []).length > 0 || stmt.tablespacename !== undefined || stmt.accessMethod !== undefined) {
    return 'a table of a document has no storage options';
  }
  return undefined;
}

function keyOf(stmt: CreateStmt): string[] | null {
  for (const element of stmt.tableElts ?? []) {
    if ('Constraint' in element && element.Constraint.contype === 'CONSTR_PRIMARY') {
      return (element.Constraint.keys ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
    }
    if (!('ColumnDef' in element)) continue;
    const { constraints = [], colname = '' } = element.ColumnDef;
    if (constraints.some((one) => 'Constraint' in one && one.Constraint.contype === 'CONSTR_PRIMARY')) return [colname];
  }
  return null;
}

/** So that a later constraint without a name gets another one. */
function remember(made: ConvertedConstraint, table: NamedIn, known: World['known']): void {
  if (made.kind === 'document') {
    const { constraint } = made;
    known.addConstraint(table, constraint.name, {
      table: documentTable(table) ?? table.name,
      ...constraint,
    } as NonNullable<Operation['addConstraint']>);
  } else known.addConstraint(table, made.name, null);
}

/** PostgreSQL makes one index of a unique constraint that says what the one before or the primary key says. */
function withoutDoubles(constraints: readonly ConvertedConstraint[]): ConvertedConstraint[] {
  const seen = new Set<string>();
  const key = constraints.find((one) => one.kind === 'primaryKey');
  if (key?.kind === 'primaryKey') seen.add(JSON.stringify(key.columns));
  return constraints.filter((one) => {
    if (one.kind !== 'document' || one.constraint.unique === undefined) return true;
    const columns = JSON.stringify(one.constraint.unique);
    if (seen.has(columns)) return false;
    seen.add(columns);
    return true;
  });
}

function assembled({ written, columns, constraints }: Parts, unit: Unit, table: NamedIn, world: World): Draft[] {
  const key = constraints.find((one) => one.kind === 'primaryKey');
  const plainKey = key?.kind === 'primaryKey' && key.isPlain ? key : undefined;
  if (key?.kind === 'primaryKey' && plainKey === undefined) {
    // So that nothing of it stays when it is taken back.
    for (const { column } of columns) if (key.columns.includes(column.name)) column.nullable = false;
  }
  const documented = constraints.flatMap((one): Constraint[] => (one.kind === 'document' ? [one.constraint] : []));
  const create: NonNullable<Operation['createTable']> = {
    table: written,
    columns: columns.map(({ column }) => column),
    ...(plainKey === undefined ? {} : { primaryKey: [...plainKey.columns] }),
    ...(documented.length === 0 ? {} : { constraints: documented }),
  };
  const before = world.known.table(table);
  world.known.addTable(table, { ...before!, created: create });
  for (const { column, namedNotNull } of columns) {
    world.known.addColumn(table, column);
    if (namedNotNull !== undefined) noteName(unit, namedNotNull, column, world);
  }
  const target = qualified(table);
  const after: Draft[] = [];
  for (const one of constraints) {
    if (one.kind === 'document' || one === plainKey) continue;
    const why = one.kind === 'other' ? one.why : `the primary key of a document is called ${table.name}_pkey`;
    const down = `ALTER TABLE ${target} DROP CONSTRAINT ${identifier(one.name)}`;
    after.push(raw(unit, `ALTER TABLE ${target} ADD ${one.sql}`, why, { down }));
  }
  for (const { column, identity } of columns) {
    if (identity === null) continue;
    const down = alterColumn(target, column.name, 'DROP IDENTITY');
    const why = 'a column of a document has no identity';
    after.push(raw(unit, alterColumn(target, column.name, identity), why, { down }));
  }
  return [{ unit, operation: { createTable: create } }, ...after];
}

function noteName(unit: Unit, name: string, column: Column, world: World): void {
  const summary = `The name ${name} of NOT NULL is not kept: column ${column.name} is only nullable or not.`;
  world.note(partNotKept(unit, summary, 'Remove the name.'));
}

function asItIs(stmt: CreateStmt, unit: Unit, table: NamedIn, why: string, { known }: World): Draft {
  const columns = (stmt.tableElts ?? []).flatMap((one) => ('ColumnDef' in one ? [one.ColumnDef.colname ?? ''] : []));
  known.addTable(table, {
    created: null,
    columns: new Map(columns.map((name) => [name, null])),
    primaryKey: keyOf(stmt),
    constraints: known.table(table)?.constraints ?? new Map(),
    isPartitioned: stmt.partspec !== undefined,
  });
  for (const node of stmt.inhRelations ?? []) if ('RangeVar' in node) known.addParent(relationOf(node.RangeVar));
  if (stmt.partspec !== undefined) known.addParent(table);
  const up = verbatim(unit.piece);
  const isTemporary = stmt.relation?.relpersistence === 't' || stmt.relation?.schemaname === 'pg_temp';
  if (isTemporary) return raw(unit, up, why, { irreversible: 'A temporary table is gone with its session.' });
  // IF NOT EXISTS would leave one that was there, and its undo would drop it.
  const without = withoutGuard(unit.piece, up);
  return raw(unit, without, why, { down: `DROP TABLE ${qualified(table)}` });
}

function withoutGuard(piece: Piece, up: string): string {
  const { tokens } = piece.source.parsed;
  for (let at = piece.first; at < piece.last && at < piece.first + 5; at += 1) {
    if (tokens[at]!.value !== 'if' || tokens[at]!.kind !== 'name') continue;
    return `${verbatim(cut(piece, piece.first, at))} ${verbatim(cut(piece, at + 3))}`;
  }
  return up;
}
