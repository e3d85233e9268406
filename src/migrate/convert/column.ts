/** A column as CREATE TABLE and ADD COLUMN write it: what a document has a field for, and what has to be said apart. */
import type { ColumnDef, Constraint as ConstraintNode, TypeName } from 'libpg-query';
import type { Column, Scalar } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import type { SqlNode } from '../../ports/schema/sql-parser.ts';
import { identifier } from '../sql/quote.ts';
import { convertConstraint, type ConvertedConstraint } from './constraint.ts';
import type { Known } from './known.ts';
import { cut, findWord, isWord, located, textOf, type Piece } from './piece.ts';
import { namesOf } from './tree.ts';

export interface ConvertedColumn {
  readonly column: Column;
  readonly constraints: readonly ConvertedConstraint[];
  /** SQL that follows `ALTER COLUMN name`. */
  readonly identity: string | null;
  readonly isSerial: boolean;
  /** Why a document cannot have this column at all. */
  readonly obstacle: string | undefined;
  /** NOT NULL that had a name. */
  readonly namedNotNull: string | undefined;
}

/** `piece` is the column, from its name on. */
export function convertColumn(def: ColumnDef, piece: Piece, table: NamedIn, known: Known): ConvertedColumn {
  const name = def.colname ?? '';
  const clauses = clausesOf(def, piece);
  const typeAt = located(piece, def.typeName?.location);
  const type = textOf(cut(piece, typeAt, clauses[0]?.piece.first ?? collationAt(def, piece) ?? piece.last));
  const column: Column = { name, type };
  const constraints: ConvertedConstraint[] = [];
  let obstacle = whyNotColumn(def, type);
  let identity: string | null = null;
  let namedNotNull: string | undefined;
  for (const clause of clauses) {
    const { node } = clause;
    switch (node.contype) {
      case 'CONSTR_NOTNULL':
        if (node.is_no_inherit === true) obstacle ??= 'a column of a document has no NOT NULL without inheritance';
        namedNotNull = node.conname;
        column.nullable = false;
        break;
      case 'CONSTR_NULL':
        break;
      case 'CONSTR_DEFAULT':
        Object.assign(column, defaultOf(node.raw_expr, expressionAfter('default', clause.piece), def.typeName));
        break;
      case 'CONSTR_IDENTITY':
        identity = `ADD ${textOf(unnamed(clause.piece))}`;
        column.nullable = false;
        break;
      case 'CONSTR_GENERATED':
        obstacle ??= 'a column of a document is not generated';
        break;
      case undefined:
        break;
      default:
        constraints.push(convertConstraint({ ...clause, table, column: name }, known));
    }
  }
  const isSerial = isSerialType(def.typeName);
  if (isSerial) column.nullable = false;
  return { column, constraints, identity, isSerial, obstacle, namedNotNull };
}

interface Clause {
  readonly node: ConstraintNode;
  readonly piece: Piece;
  readonly attributes: readonly string[];
}

/** Clauses of a column in order, each with the attributes that follow it: those are nodes of their own. */
function clausesOf(def: ColumnDef, piece: Piece): Clause[] {
  const nodes = (def.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
  const starts = [...nodes.map(({ location }) => located(piece, location)), collationAt(def, piece) ?? piece.last];
  starts.sort((a, b) => a - b);
  const clauses: { node: ConstraintNode; first: number; attributes: string[] }[] = [];
  for (const node of [...nodes].sort((a, b) => (a.location ?? 0) - (b.location ?? 0))) {
    const kind = node.contype ?? '';
    if (kind.startsWith('CONSTR_ATTR_')) clauses.at(-1)?.attributes.push(kind);
    else clauses.push({ node, first: located(piece, node.location), attributes: [] });
  }
  return clauses.map(({ node, first, attributes }, index) => {
    const next = clauses[index + 1]?.first ?? piece.last;
    // A collation may stand between two of them.
    const collation = starts.find((start) => start > first && start < next && isWord(piece, start, 'collate'));
    return { node, piece: cut(piece, first, collation ?? next), attributes };
  });
}

function collationAt(def: ColumnDef, piece: Piece): number | undefined {
  return def.collClause === undefined ? undefined : located(piece, def.collClause.location);
}

function whyNotColumn(def: ColumnDef, type: string): string | undefined {
  if (def.collClause !== undefined) return 'a column of a document has no collation';
  if (def.storage_name !== undefined || def.compression !== undefined) return 'a column of a document has no storage';
  if ((def.fdwoptions ?? []).length > 0) return 'a column of a document has no options';
  if (def.typeName?.setof === true || def.typeName?.pct_type === true) return 'its type is taken from elsewhere';
  return type === '' ? 'it has no type of its own' : undefined;
}

/** Without CONSTRAINT and its name. */
function unnamed(piece: Piece): Piece {
  return isWord(piece, piece.first, 'constraint') ? cut(piece, piece.first + 2) : piece;
}

function expressionAfter(word: string, piece: Piece): string {
  return textOf(cut(piece, (findWord(piece, word) ?? piece.first) + 1));
}

/** A default as a document has it. `source` is its SQL. */
export function defaultOf(
  node: SqlNode | undefined,
  source: string,
  type: TypeName | undefined,
): Pick<Column, 'default' | 'defaultExpression'> {
  const value = node === undefined ? undefined : constantOf(node, source, type);
  return value === undefined ? { defaultExpression: source } : { default: value };
}

/** A value that a document can say, and that comes out in SQL as it went in. */
function constantOf(node: SqlNode, source: string, type: TypeName | undefined): Scalar | undefined {
  if ('TypeCast' in node) {
    // `'{}'::jsonb` of a column of that type: the column says it anyway.
    const { arg, typeName } = node.TypeCast;
    if (arg === undefined || !('A_Const' in arg) || arg.A_Const.sval === undefined) return undefined;
    return isSameBuiltin(typeName, type) ? (arg.A_Const.sval.sval ?? '') : undefined;
  }
  if (!('A_Const' in node)) return undefined;
  const { isnull, boolval, sval, ival, fval } = node.A_Const;
  if (isnull === true) return null;
  if (boolval !== undefined) return boolval.boolval === true;
  if (sval !== undefined) return sval.sval ?? '';
  if (ival === undefined && fval === undefined) return undefined;
  const number = Number(source);
  return String(number) === source ? number : undefined;
}

const builtins = new Set(
  'text json jsonb xml uuid bytea date inet cidr macaddr tsvector point int2 int4 int8 float8 bool timestamptz timestamp'.split(
    ' ',
  ),
);

function isSameBuiltin(a: TypeName | undefined, b: TypeName | undefined): boolean {
  const [first, second] = [a, b].map(builtinName);
  return first !== undefined && first === second;
}

function builtinName(type: TypeName | undefined): string | undefined {
  const names = namesOf(type?.names);
  const name = names.at(-1) ?? '';
  const isPlain = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
  const hasMore = (type?.typmods ?? []).length > 0 || (type?.arrayBounds ?? []).length > 0;
  return isPlain && !hasMore && builtins.has(name) ? name : undefined;
}

const serials = new Set(['serial', 'serial2', 'serial4', 'serial8', 'smallserial', 'bigserial']);

function isSerialType(type: TypeName | undefined): boolean {
  const names = namesOf(type?.names);
  return names.length === 1 && serials.has(names[0]!) && (type?.arrayBounds ?? []).length === 0;
}

/** SQL of the statement that gives a column what a document has no field for. */
export function alterColumn(table: string, column: string, action: string): string {
  return `ALTER TABLE ${table} ALTER COLUMN ${identifier(column)} ${action}`;
}
