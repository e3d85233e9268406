/**
 * The names that PostgreSQL gives to what a script leaves unnamed, by its own rules (makeObjectName, ChooseRelationName,
 * ChooseConstraintName, FigureIndexColname): operations name everything, and the catalog has to come out the same.
 */
import type { SqlNode } from '../../ports/schema/sql-parser.ts';
import { fieldsOf, lastName } from './tree.ts';

/** Of an identifier, in bytes. */
const longestName = 63;

/** `users_email_key`: the longer of the two first parts gives way, letter by letter. */
export function objectName(first: string, second: string | null, label: string): string {
  const room = longestName - byteLength(label) - 1 - (second === null ? 0 : 1);
  let left = byteLength(first);
  let right = second === null ? 0 : byteLength(second);
  while (left + right > room) {
    if (left > right) left -= 1;
    else right -= 1;
  }
  return [clipped(first, left), ...(second === null ? [] : [clipped(second, right)]), label].join('_');
}

/** The first of `users_email_key`, `users_email_key1`, ... that nothing has. */
export function freeName(
  first: string,
  second: string | null,
  label: string,
  isTaken: (name: string) => boolean,
): string {
  for (let pass = 0; ; pass += 1) {
    const name = objectName(first, second, pass === 0 ? label : `${label}${pass}`);
    if (!isTaken(name)) return name;
  }
}

/** What stands for the columns in the name of an index or a foreign key. */
export function columnsPart(columns: readonly string[]): string {
  let part = '';
  for (const column of columns) {
    part += part === '' ? column : `_${column}`;
    if (byteLength(part) > longestName) break;
  }
  return clipped(part, longestName);
}

/** Columns of an index as they make up its name: one that is there already gets a number. */
export function indexColumnNames(elements: readonly (string | undefined)[]): string[] {
  const names: string[] = [];
  for (const element of elements) {
    const wanted = element ?? 'expr';
    let name = wanted;
    for (let pass = 1; names.includes(name); pass += 1) {
      name = `${clipped(wanted, longestName - String(pass).length)}${pass}`;
    }
    names.push(name);
  }
  return names;
}

/** A check is named after the one column that it is about; null where it is about none or several. */
export function columnOfCheck(expression: SqlNode | undefined): string | null {
  const columns = new Set<string>();
  collectColumns(expression, columns);
  return columns.size === 1 ? [...columns][0]! : null;
}

function collectColumns(tree: unknown, columns: Set<string>): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (Array.isArray(tree)) {
    for (const item of tree) collectColumns(item, columns);
    return;
  }
  for (const [kind, inner] of Object.entries(tree)) {
    if (kind === 'ColumnRef') columns.add(lastName((inner as { fields?: SqlNode[] }).fields) ?? '*');
    else collectColumns(inner, columns);
  }
}

/** What an expression of an index is called; undefined: it has no name of its own. */
export function expressionName(node: SqlNode | undefined): string | undefined {
  return named(node)?.name;
}

interface Named {
  readonly name: string;
  /** A cast is called after its type only where what it casts has no name. */
  readonly weak: boolean;
}

function named(node: SqlNode | undefined): Named | undefined {
  if (node === undefined) return undefined;
  const { kind, fields } = fieldsOf(node);
  const strong = (name: string | undefined): Named | undefined =>
    name === undefined ? undefined : { name, weak: false };
  switch (kind) {
    case 'ColumnRef':
      return strong(lastName(fields['fields'] as SqlNode[]));
    case 'FuncCall':
      return strong(lastName(fields['funcname'] as SqlNode[]));
    case 'A_Expr':
      return fields['kind'] === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
    case 'A_Indirection':
      return strong(lastName(fields['indirection'] as SqlNode[])) ?? named(fields['arg'] as SqlNode);
    case 'CollateClause':
      return named(fields['arg'] as SqlNode);
    case 'CoalesceExpr':
      return strong('coalesce');
    case 'MinMaxExpr':
      return strong(fields['op'] === 'IS_LEAST' ? 'least' : 'greatest');
    case 'A_ArrayExpr':
      return strong('array');
    case 'RowExpr':
      return strong('row');
    case 'TypeCast':
      return afterType(named(fields['arg'] as SqlNode), lastName((fields['typeName'] as { names?: SqlNode[] }).names));
    case 'CaseExpr':
      return afterType(named(fields['defresult'] as SqlNode | undefined), 'case');
    default:
      return undefined;
  }
}

function afterType(inner: Named | undefined, type: string | undefined): Named | undefined {
  if (inner !== undefined && !inner.weak) return inner;
  return type === undefined ? inner : { name: type, weak: true };
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** At most so many bytes, whole characters. */
function clipped(text: string, bytes: number): string {
  let length = 0;
  let kept = '';
  for (const character of text) {
    length += byteLength(character);
    if (length > bytes) break;
    kept += character;
  }
  return kept;
}
