/** A script that PostgreSQL does not read, and what its author can do about it. */
import { codeFrame, lineStartsOf, spanOf, type SourceFile } from '../../kernel/document/source-text.ts';
import type { Finding } from '../../kernel/finding.ts';
import type { SqlFailure } from '../../ports/schema/sql-parser.ts';

/** Where a secret stands in a text without a tree is not known: lines that speak of one are not shown. */
export function syntaxFinding({ message, offset }: SqlFailure, file: SourceFile): Finding {
  const { text } = file;
  const starts = lineStartsOf(text);
  const word = /^[\w$]+/u.exec(text.slice(offset, offset + 100))?.[0] ?? '';
  const source = spanOf(file, starts, { offset, length: Math.max(1, word.length) });
  const isSecret = /password|secret/iu.test(codeFrame(text, starts, source));
  return {
    severity: 'error',
    code: 'THM7300',
    summary: `PostgreSQL does not read this: ${message}.`,
    fix: fixOf(text, offset),
    source,
    ...(isSecret ? {} : { frame: codeFrame(text, starts, source) }),
  };
}

function fixOf(text: string, offset: number): string {
  if (isRowOfCopy(text, offset)) {
    return 'Remove COPY and its rows: a migration changes the schema. pg_dump leaves them out with --schema-only.';
  }
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset + 1).trimStart();
  if (line.startsWith('\\') || text[offset] === '\\') {
    return 'Remove it: this is a command of psql, which no server knows.';
  }
  if (
    /^\$?\{/u.test(text.slice(offset, offset + 2)) ||
    (text[offset] === ':' && /^:['"\w]/u.test(text.slice(offset)))
  ) {
    return 'Write the value here: a tool would put it in place of this name, and Themis does not.';
  }
  return 'Correct it: nothing is converted of a script that PostgreSQL would not read.';
}

/** Between `COPY ... FROM stdin;` and the line that ends its rows. */
function isRowOfCopy(text: string, offset: number): boolean {
  const before = text.slice(0, offset);
  const copies = [...before.matchAll(/^\s*copy\b[^;]*\bfrom\s+stdin\b[^;]*;/gimu)];
  const last = copies.at(-1);
  return last !== undefined && !/^\\\.\s*$/mu.test(before.slice(last.index + last[0].length));
}

/**
 * Without the lines that pg_dump puts around a script so that psql takes no other commands; offsets stay. Undefined: the
 * mistake is no such line.
 */
export function withoutRestrict(text: string, { offset }: SqlFailure): string | undefined {
  const line = /^\\(?:un)?restrict[ \t][^\r\n]*/u.exec(text.slice(offset, offset + 200))?.[0];
  if (line === undefined || (offset > 0 && text[offset - 1] !== '\n')) return undefined;
  return text.slice(0, offset) + ' '.repeat(line.length) + text.slice(offset + line.length);
}
