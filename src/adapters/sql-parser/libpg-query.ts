/**
 * `SqlParser` over PostgreSQL's own grammar, compiled to WebAssembly. Both packages are large and needed by few commands,
 * so they are loaded when one asks.
 */
import type * as LibpgQuery from 'libpg-query';
import type {
  ParsedSql,
  ParsedStatement,
  SqlFailure,
  SqlNode,
  SqlParser,
  SqlToken,
} from '../../ports/schema/sql-parser.ts';

type Grammar = typeof LibpgQuery;

export async function openSqlParser(): Promise<SqlParser> {
  const [grammar, { deparseSync }] = await Promise.all([import('libpg-query'), import('pgsql-deparser')]);
  await grammar.loadModule();
  return {
    parse: (sql) => parse(grammar, sql),
    deparse(node) {
      try {
        return deparseSync(node);
      } catch {
        return undefined;
      }
    },
  };
}

function parse(grammar: Grammar, sql: string): ParsedSql | SqlFailure {
  // It is given to C, where a text ends at the first of them.
  const zero = sql.indexOf('\0');
  if (zero >= 0) return { message: 'a NUL character', offset: zero };
  try {
    const offsetOf = offsetsOf(sql);
    // Nothing at all is an error to the grammar.
    if (sql.trim() === '') return { statements: [], tokens: [], offsetOf };
    // First, for it says where a mistake is, and the scanner does not.
    const { stmts = [] } = grammar.parseSync(sql);
    const scanned = grammar.scanSync(sql).tokens;
    const tokens = scanned.filter((token) => !isComment(token)).map((token) => readToken(token, sql, offsetOf));
    const places = stmts.map(({ stmt, stmt_location: from = 0, stmt_len: length }) => ({
      node: stmt!,
      from: offsetOf(from),
      to: length === undefined ? sql.length : offsetOf(from + length),
    }));
    return { statements: trimmed(places, tokens), tokens, offsetOf };
  } catch (error) {
    return failureOf(grammar, error, sql);
  }
}

function failureOf(grammar: Grammar, error: unknown, sql: string): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  const details = grammar.hasSqlDetails(error) ? error.sqlDetails : undefined;
  // It counts characters, not units.
  let offset = 0;
  for (let left = details?.cursorPosition ?? 0; left > 0 && offset < sql.length; left -= 1) {
    offset += sql.codePointAt(offset)! > 0xffff ? 2 : 1;
  }
  return { message: details?.message ?? message, offset };
}

function isComment({ tokenName }: LibpgQuery.ScanToken): boolean {
  return tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT';
}

function readToken(token: LibpgQuery.ScanToken, sql: string, offsetOf: (location: number) => number): SqlToken {
  const start = offsetOf(token.start);
  const end = offsetOf(token.end);
  const text = sql.slice(start, end);
  if (/^(?:[eExXbBnN]|[uU]&)?'|^\$(?!\d)/u.test(text)) return { start, end, kind: 'text', value: text };
  if (text.startsWith('"')) return { start, end, kind: 'name', value: text.slice(1, -1).replaceAll('""', '"') };
  // Its escapes are for the grammar to read: the tree has the name.
  if (/^[uU]&"/u.test(text)) return { start, end, kind: 'name', value: text.slice(3, -1) };
  if (/^[\p{L}_\u0080-\uffff]/u.test(text)) return { start, end, kind: 'name', value: folded(text) };
  return { start, end, kind: 'other', value: text };
}

/** PostgreSQL folds the letters of ASCII in a database of UTF-8. */
function folded(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase());
}

/** Statements reach from one semicolon to the next: without the space and the comments around them. */
function trimmed(
  places: readonly { readonly node: SqlNode; readonly from: number; readonly to: number }[],
  tokens: readonly SqlToken[],
): ParsedStatement[] {
  let next = 0;
  return places.map(({ node, from, to }) => {
    while (next < tokens.length && tokens[next]!.start < from) next += 1;
    const offset = tokens[next]?.start ?? from;
    let end = offset;
    for (; next < tokens.length && tokens[next]!.end <= to; next += 1) end = tokens[next]!.end;
    return { node, range: { offset, length: end - offset } };
  });
}

/** Unit at which a byte of the text's UTF-8 stands. */
function offsetsOf(sql: string): (location: number) => number {
  const bytes = new TextEncoder().encode(sql);
  if (bytes.length === sql.length) return (location) => Math.min(Math.max(location, 0), sql.length);
  const units = new Uint32Array(bytes.length + 1);
  let unit = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    // A byte that begins no character belongs to the one before.
    const begins = (bytes[at]! & 0xc0) !== 0x80;
    if (begins && at > 0) unit += sql.codePointAt(unit)! > 0xffff ? 2 : 1;
    units[at] = unit;
  }
  units[bytes.length] = sql.length;
  return (location) => units[Math.min(Math.max(location, 0), bytes.length)]!;
}
