/** RENAME and SET SCHEMA. A rename that has no operation is taken back by one in the other direction. */
import type { AlterObjectSchemaStmt, RenameStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { defaultSchema, documentTable, namedIn, noRoomForName, objectNames, relationOf } from '../tree.ts';

const unknown: Undo = { irreversible: 'Whether it was there before is not in the script.' };

export function rename(stmt: RenameStmt, unit: Unit, world: World): readonly Draft[] {
  const from = relationOf(stmt.relation);
  const to = { schema: from.schema, name: stmt.newname ?? '' };
  const isTable = stmt.relationType === 'OBJECT_TABLE';
  const { known } = world;
  const isGuarded = stmt.missing_ok === true && known.table(from) === undefined;
  const own = { ...unit, table: from, isOwn: known.table(from) !== undefined };
  if (stmt.renameType === 'OBJECT_TABLE') return [renameTable(own, from, to, isGuarded, world)];
  if (stmt.renameType === 'OBJECT_COLUMN' && isTable) {
    const column = stmt.subname ?? '';
    const table = documentTable(from);
    known.renameColumn(from, column, to.name);
    if (table !== undefined && !isGuarded && stmt.relation?.inh === true) {
      return [{ unit: own, operation: { renameColumn: { table, from: column, to: to.name } } }];
    }
    return [
      kept(own, table === undefined ? noRoomForName : 'an operation has neither IF EXISTS nor ONLY', undoOf(stmt)),
    ];
  }
  if (stmt.renameType === 'OBJECT_INDEX') known.renameIndex(from, to);
  if (stmt.renameType === 'OBJECT_TABCONSTRAINT') {
    known.dropConstraint(from, stmt.subname ?? '');
    known.addConstraint(from, to.name, null);
  }
  return [kept(stmt.relation === undefined ? unit : own, 'there is no operation for it', undoOf(stmt))];
}

function renameTable(unit: Unit, from: NamedIn, to: NamedIn, isGuarded: boolean, { known }: World): Draft {
  known.renameTable(from, to);
  const [old, fresh] = [documentTable(from), documentTable(to)];
  if (old !== undefined && fresh !== undefined && !isGuarded) {
    return { unit, operation: { renameTable: { from: old, to: fresh } } };
  }
  const back =
    from.schema === to.schema ? `RENAME TO ${identifier(from.name)}` : `SET SCHEMA ${identifier(from.schema)}`;
  const down = { down: `ALTER TABLE ${qualified(to)} ${back}` };
  const why = isGuarded ? 'an operation has no IF EXISTS' : noRoomForName;
  return { ...kept(unit, why, isGuarded ? unknown : down), moves: from };
}

function kept(unit: Unit, why: string, undo: Undo): Draft {
  return raw(unit, verbatim(unit.piece), why, undo);
}

const relations: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'TABLE',
  OBJECT_VIEW: 'VIEW',
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_INDEX: 'INDEX',
  OBJECT_SEQUENCE: 'SEQUENCE',
  OBJECT_FOREIGN_TABLE: 'FOREIGN TABLE',
};

function undoOf(stmt: RenameStmt): Undo {
  if (stmt.missing_ok === true) return unknown;
  const { renameType = '', subname = '', newname = '', relation } = stmt;
  const to = identifier(newname);
  const table = qualified(relationOf(relation));
  const renamed = qualified({ schema: relationOf(relation).schema, name: newname });
  const named = stmt.object === undefined ? [] : objectNames(stmt.object);
  switch (renameType) {
    case 'OBJECT_COLUMN':
      return {
        down: `ALTER ${relations[stmt.relationType ?? ''] ?? 'TABLE'} ${table} RENAME COLUMN ${to} TO ${identifier(subname)}`,
      };
    case 'OBJECT_ATTRIBUTE':
      return { down: `ALTER TYPE ${table} RENAME ATTRIBUTE ${to} TO ${identifier(subname)}` };
    case 'OBJECT_TABCONSTRAINT':
      return { down: `ALTER TABLE ${table} RENAME CONSTRAINT ${to} TO ${identifier(subname)}` };
    case 'OBJECT_TRIGGER':
    case 'OBJECT_POLICY':
    case 'OBJECT_RULE':
      return { down: `ALTER ${renameType.slice(7)} ${to} ON ${table} RENAME TO ${identifier(subname)}` };
    case 'OBJECT_SCHEMA':
      return { down: `ALTER SCHEMA ${to} RENAME TO ${identifier(subname)}` };
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN': {
      const { schema, name } = namedIn(named);
      return {
        down: `ALTER ${renameType.slice(7)} ${qualified({ schema, name: newname })} RENAME TO ${identifier(name)}`,
      };
    }
    default: {
      const kind = relations[renameType];
      if (kind === undefined || relation === undefined) return { irreversible: 'There is no undo that is certain.' };
      return { down: `ALTER ${kind} ${renamed} RENAME TO ${identifier(relation.relname ?? '')}` };
    }
  }
}

export function setSchema(stmt: AlterObjectSchemaStmt, unit: Unit, world: World): readonly Draft[] {
  const target = stmt.newschema ?? '';
  const kind = relations[stmt.objectType ?? ''];
  if (stmt.relation === undefined || kind === undefined) {
    return [kept(unit, 'there is no operation for it', typeUndo(stmt, target))];
  }
  const from = relationOf(stmt.relation);
  const to = { schema: target, name: from.name };
  if (kind === 'TABLE') {
    const isGuarded = stmt.missing_ok === true && world.known.table(from) === undefined;
    return [renameTable({ ...unit, table: from }, from, to, isGuarded, world)];
  }
  const down = `ALTER ${kind} ${qualified(to)} SET SCHEMA ${identifier(from.schema)}`;
  const undo = stmt.missing_ok === true ? unknown : { down };
  return [kept({ ...unit, table: from }, 'there is no operation for it', undo)];
}

function typeUndo(stmt: AlterObjectSchemaStmt, target: string): Undo {
  const names = stmt.object === undefined ? [] : objectNames(stmt.object);
  const isType = stmt.objectType === 'OBJECT_TYPE' || stmt.objectType === 'OBJECT_DOMAIN';
  if (!isType || names.length === 0) return { irreversible: 'There is no undo that is certain.' };
  const { schema, name } = namedIn(names);
  const kind = stmt.objectType === 'OBJECT_TYPE' ? 'TYPE' : 'DOMAIN';
  return {
    down: `ALTER ${kind} ${qualified({ schema: target, name })} SET SCHEMA ${identifier(schema ?? defaultSchema)}`,
  };
}
