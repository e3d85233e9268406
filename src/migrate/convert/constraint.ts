/**
 * A constraint of a table or of a column: as a document has it, or as SQL that adds it where a document has no field for
 * all of it. Either way it gets its name here, because what takes it back has to name it.
 */
import type { Constraint as ConstraintNode } from 'libpg-query';
import type { Constraint, ForeignKey } from '../../model/documents.ts';
import type { NamedIn } from '../../model/schema/schema-step.ts';
import { identifier, list } from '../sql/quote.ts';
import type { Known } from './known.ts';
import { columnOfCheck, columnsPart, expressionName, indexColumnNames } from './generated-names.ts';
import { cut, findWord, inParentheses, isWord, textOf, type Piece } from './piece.ts';
import { documentTable, fieldsOf, namesOf, relationOf } from './tree.ts';

export type ConvertedConstraint =
  | {
      readonly kind: 'document';
      readonly constraint: Constraint;
      readonly validate: boolean;
      /** By its author. */
      readonly named: boolean;
    }
  | {
      readonly kind: 'primaryKey';
      readonly name: string;
      readonly columns: readonly string[];
      readonly isPlain: boolean;
      readonly sql: string;
    }
  /** `sql` follows ADD. */
  | { readonly kind: 'other'; readonly name: string; readonly sql: string; readonly why: string };

export interface ConstraintInput {
  readonly node: ConstraintNode;
  /** From CONSTRAINT or its first key word on, with its attributes. */
  readonly piece: Piece;
  readonly table: NamedIn;
  /** Of the column that it is written at; null where it stands by itself. */
  readonly column: string | null;
  /** Attributes that follow it at a column: CONSTR_ATTR_DEFERRABLE. */
  readonly attributes: readonly string[];
}

export function convertConstraint(input: ConstraintInput, known: Known): ConvertedConstraint {
  const { node, column, table } = input;
  const columns = column === null ? namesOf(node.keys) : [column];
  switch (node.contype) {
    case 'CONSTR_CHECK':
      return check(input, known);
    case 'CONSTR_UNIQUE': {
      const name = node.conname ?? known.freeRelation(table, indexPart(node, columns), 'key');
      const why = whyNotUnique(input, columns);
      if (why !== undefined) return other(input, name, why);
      return {
        kind: 'document',
        constraint: { name, unique: [...columns] },
        validate: true,
        named: node.conname !== undefined,
      };
    }
    case 'CONSTR_PRIMARY': {
      const name = node.conname ?? known.freeRelation(table, null, 'pkey');
      const isPlain = whyNotUnique(input, columns) === undefined && name === `${table.name}_pkey`;
      return { kind: 'primaryKey', name, columns, isPlain, sql: sqlOf(input, name) };
    }
    case 'CONSTR_FOREIGN':
      return foreignKey(input, known);
    case 'CONSTR_EXCLUSION': {
      const elements = (node.exclusions ?? []).map((item) => {
        const [first] = (fieldsOf(item).fields['items'] ?? []) as Parameters<typeof fieldsOf>[0][];
        if (first === undefined || !('IndexElem' in first)) return undefined;
        return first.IndexElem.name ?? expressionName(first.IndexElem.expr);
      });
      const name = node.conname ?? known.freeRelation(table, columnsPart(indexColumnNames(elements)), 'excl');
      return other(input, name, 'there is no operation for exclusion constraints');
    }
    default:
      return other(input, node.conname ?? '', 'there is no operation for this constraint');
  }
}

function check(input: ConstraintInput, known: Known): ConvertedConstraint {
  const { node, piece, table } = input;
  const name = node.conname ?? known.freeConstraint(table, columnOfCheck(node.raw_expr), 'check');
  const expression = inParentheses(piece);
  const why = node.is_no_inherit === true ? 'a check of a document is inherited' : whyNotAttributes(input);
  if (why !== undefined || expression === undefined) return other(input, name, why ?? 'its expression is not found');
  return {
    kind: 'document',
    constraint: { name, check: textOf(expression) },
    validate: node.skip_validation !== true,
    named: node.conname !== undefined,
  };
}

function foreignKey(input: ConstraintInput, known: Known): ConvertedConstraint {
  const { node, table, column } = input;
  const columns = column === null ? namesOf(node.fk_attrs) : [column];
  const name = node.conname ?? known.freeConstraint(table, columnsPart(columns), 'fkey');
  const target = relationOf(node.pktable);
  const isOwn = target.schema === table.schema && target.name === table.name;
  const written = documentTable(target);
  const pointed = node.pk_attrs === undefined ? (known.table(target)?.primaryKey ?? []) : namesOf(node.pk_attrs);
  let why = whyNotAttributes(input);
  if (node.fk_matchtype !== 's') why = 'a foreign key of a document has MATCH SIMPLE';
  else if ((node.fk_del_set_cols ?? []).length > 0) why = 'a foreign key of a document sets all of its columns';
  else if (node.fk_with_period === true || node.pk_with_period === true) why = 'a document has no PERIOD';
  else if (written === undefined) why = 'a table of a document cannot have a dot or a space in its name';
  else if (pointed.length === 0) {
    why = `a document names the columns pointed to${isOwn ? '' : `, and the key of ${target.name} is not in this script`}`;
  }
  if (why !== undefined) return other(input, name, why);
  const foreign: ForeignKey = { columns, references: { table: written!, columns: [...pointed] } };
  const onDelete = actions[node.fk_del_action ?? 'a'];
  const onUpdate = actions[node.fk_upd_action ?? 'a'];
  if (onDelete !== undefined) foreign.onDelete = onDelete;
  if (onUpdate !== undefined) foreign.onUpdate = onUpdate;
  return {
    kind: 'document',
    constraint: { name, foreignKey: foreign },
    validate: node.skip_validation !== true,
    named: node.conname !== undefined,
  };
}

/** NO ACTION is what a document means by nothing. */
const actions: Readonly<Record<string, NonNullable<ForeignKey['onDelete']> | undefined>> = {
  r: 'restrict',
  c: 'cascade',
  n: 'setNull',
  d: 'setDefault',
};

function whyNotUnique(input: ConstraintInput, columns: readonly string[]): string | undefined {
  const { node } = input;
  if (node.indexname !== undefined) return 'it takes over an index that is there';
  if (node.nulls_not_distinct === true) return 'a unique constraint of a document takes nulls as distinct';
  if ((node.including ?? []).length > 0) return 'a constraint of a document includes no further columns';
  if (node.without_overlaps === true) return 'a document has no WITHOUT OVERLAPS';
  if ((node.options ?? []).length > 0 || node.indexspace !== undefined) return 'its index has storage options';
  if (columns.length === 0) return 'its columns are not named';
  return whyNotAttributes(input);
}

function whyNotAttributes({ node, attributes }: ConstraintInput): string | undefined {
  if (node.deferrable === true || node.initdeferred === true || attributes.some(isDeferring)) {
    return 'a constraint of a document cannot be deferred';
  }
  const isChecked = node.contype === 'CONSTR_CHECK' || node.contype === 'CONSTR_FOREIGN';
  if ((isChecked && node.is_enforced !== true) || attributes.includes('CONSTR_ATTR_NOT_ENFORCED')) {
    return 'a constraint of a document is enforced';
  }
  return undefined;
}

function isDeferring(attribute: string): boolean {
  return attribute === 'CONSTR_ATTR_DEFERRABLE' || attribute === 'CONSTR_ATTR_DEFERRED';
}

function other(input: ConstraintInput, name: string, why: string): ConvertedConstraint {
  return { kind: 'other', name, sql: sqlOf(input, name), why };
}

/** With its name, and standing by itself. */
function sqlOf({ node, piece, column }: ConstraintInput, name: string): string {
  const named = isWord(piece, piece.first, 'constraint');
  const body = textOf(cut(piece, piece.first + (named ? 2 : 0)));
  const prefix = name === '' ? '' : `CONSTRAINT ${identifier(name)} `;
  if (column === null) return `${prefix}${body}`;
  if (node.contype === 'CONSTR_FOREIGN') return `${prefix}FOREIGN KEY (${identifier(column)}) ${body}`;
  if (node.contype === 'CONSTR_CHECK') return `${prefix}${body}`;
  return `${prefix}${afterKeyWords(piece, node, column)}`;
}

/** `UNIQUE NULLS NOT DISTINCT WITH (...)` of a column, with the column where a table's constraint has it. */
function afterKeyWords(piece: Piece, node: ConstraintNode, column: string): string {
  const isPrimary = node.contype === 'CONSTR_PRIMARY';
  const word = findWord(piece, isPrimary ? 'key' : 'unique') ?? piece.first;
  const distinct = findWord(piece, 'distinct', word);
  const end = distinct !== undefined && node.nulls_not_distinct === true ? distinct : word;
  const head = isPrimary ? 'PRIMARY KEY' : textOf(cut(piece, word, end + 1));
  const rest = textOf(cut(piece, end + 1));
  return `${head} (${list([column])})${rest === '' ? '' : ` ${rest}`}`;
}

function indexPart(node: ConstraintNode, columns: readonly string[]): string {
  return columnsPart(indexColumnNames([...columns, ...namesOf(node.including)]));
}
