/** CREATE INDEX. Themis builds every index while writers go on, so CONCURRENTLY needs no saying. */
import type { IndexElem, IndexStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { Operation } from '../../../model/documents.ts';
import { leftOut, partNotKept, raw, type Draft, type Unit, type World } from '../draft.ts';
import { columnsPart, expressionName, indexColumnNames } from '../generated-names.ts';
import { cut, findWord, inParentheses, located, splitCommas, textOf, verbatim } from '../piece.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { documentTable, namesOf, noRoomForName, relationOf } from '../tree.ts';
import { withTable } from './command.ts';

type AddIndex = NonNullable<Operation['addIndex']>;

export function createIndex(stmt: IndexStmt, unit: Unit, world: World): readonly Draft[] {
  const table = relationOf(stmt.relation);
  const name = nameOf(stmt, table, world);
  const index = { schema: table.schema, name };
  if (stmt.if_not_exists === true && world.known.index(index) !== undefined) {
    world.note(leftOut(unit, `Index ${name} is there already, so the statement does nothing.`, 'Remove it.'));
    return [];
  }
  const written = documentTable(table);
  const elements = elementsOf(stmt, unit);
  const isOfView = world.known.hasObject('view', table);
  let why = written === undefined ? noRoomForName : whyNot(stmt, elements);
  if (isOfView) why = 'an operation indexes tables only';
  world.known.addIndex(index, table);
  if (why !== undefined || elements === undefined)
    return [kept(stmt, unit, index, why ?? 'its columns are not found', world)];
  if (stmt.if_not_exists === true) {
    const fix = 'Remove the index from the script where a database may have it already.';
    world.note(partNotKept(unit, 'IF NOT EXISTS is not kept: the migration is refused where the index is there.', fix));
  }
  const where = whereOf(stmt, unit);
  const include = (stmt.indexIncludingParams ?? []).map((node) => elementOf(node).name ?? '');
  const method = stmt.accessMethod as AddIndex['method'];
  const addIndex: AddIndex = {
    table: written!,
    name,
    columns: elements,
    ...(stmt.unique === true ? { unique: true } : {}),
    // PostgreSQL builds those of a partitioned table at once or not at all.
    ...(world.known.table(table)?.isPartitioned === true ? { online: false } : {}),
    ...(method === undefined || method === 'btree' ? {} : { method }),
    ...(include.length === 0 ? {} : { include }),
    ...(where === undefined ? {} : { where }),
  };
  return [{ unit, operation: { addIndex } }];
}

function nameOf(stmt: IndexStmt, table: NamedIn, { known }: World): string {
  if (stmt.idxname !== undefined) return stmt.idxname;
  const names = [...(stmt.indexParams ?? []), ...(stmt.indexIncludingParams ?? [])].map((node) => {
    const { name, expr } = elementOf(node);
    return name ?? expressionName(expr);
  });
  return known.freeRelation(table, columnsPart(indexColumnNames(names)), 'idx');
}

const methods = new Set(['btree', 'hash', 'gin', 'gist', 'brin', 'spgist']);

function whyNot(stmt: IndexStmt, elements: readonly string[] | undefined): string | undefined {
  if (stmt.relation?.inh !== true) return 'an operation has no ONLY';
  if (stmt.nulls_not_distinct === true) return 'an index of a document takes nulls as distinct';
  if ((stmt.options ?? []).length > 0 || stmt.tableSpace !== undefined)
    return 'an index of a document has no storage options';
  if (!methods.has(stmt.accessMethod ?? 'btree')) return `a document has no index method ${stmt.accessMethod}`;
  for (const node of stmt.indexParams ?? []) {
    const { collation, opclass } = elementOf(node);
    const operators = namesOf(opclass);
    // What an index of a document reads behind a column: see sql/index-definition.ts.
    if (operators.some((name) => !/^[a-z0-9_]+$/u.test(name)) || !/^(?:.*_ops)?$/u.test(operators.at(-1) ?? '')) {
      return 'an index of a document does not know this operator class';
    }
    if (namesOf(collation).some((name) => !/^[\w.-]+$/u.test(name))) {
      return 'an index of a document does not know this collation';
    }
  }
  const included = (stmt.indexIncludingParams ?? []).map((node) => elementOf(node).name);
  if (included.includes(undefined) || new Set(included).size < included.length)
    return 'its included columns are not plain';
  return elements === undefined ? 'its columns are not found in the text' : undefined;
}

function elementsOf(stmt: IndexStmt, { piece }: Unit): string[] | undefined {
  const body = inParentheses(piece, located(piece, stmt.relation?.location));
  const parts = body === undefined ? [] : splitCommas(body);
  const elements = stmt.indexParams ?? [];
  if (parts.length !== elements.length) return undefined;
  return elements.map((node, index) => {
    const { name } = elementOf(node);
    const part = parts[index]!;
    if (name !== undefined && part.last - part.first === 1) return name;
    const inner = inParentheses(part);
    const isWrapped = inner !== undefined && inner.first === part.first + 1 && inner.last === part.last - 1;
    // Inside of them it could be taken for what follows a column.
    const isPlain = isWrapped && !/\b(?:collate|asc|desc|nulls|\w+_ops)\b/iu.test(textOf(inner));
    return textOf(isPlain ? inner : part);
  });
}

function elementOf(node: NonNullable<IndexStmt['indexParams']>[number]): IndexElem {
  return 'IndexElem' in node ? node.IndexElem : {};
}

function whereOf(stmt: IndexStmt, { piece }: Unit): string | undefined {
  if (stmt.whereClause === undefined) return undefined;
  const word = findWord(piece, 'where', located(piece, stmt.relation?.location));
  return word === undefined ? undefined : textOf(cut(piece, word + 1));
}

function kept(stmt: IndexStmt, unit: Unit, index: NamedIn, why: string, world: World): Draft {
  const concurrently = stmt.concurrent === true;
  const isGuarded = stmt.if_not_exists === true;
  const undo = isGuarded
    ? withTable(relationOf(stmt.relation), { irreversible: 'The index may have been there before.' }, world)
    : { down: `DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${qualified(index)}` };
  const up = stmt.idxname === undefined ? named(unit, index.name) : verbatim(unit.piece);
  return raw(unit, up, why, undo, concurrently ? { transactional: false } : {});
}

/** With the name that its undo drops. */
function named({ piece }: Unit, name: string): string {
  const on = findWord(piece, 'on') ?? piece.first;
  return `${verbatim(cut(piece, piece.first, on))} ${identifier(name)} ${verbatim(cut(piece, on))}`;
}
