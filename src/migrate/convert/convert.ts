/**
 * A script of CREATE and ALTER statements, to the operations of a migration. What has an operation gets it; everything
 * else that changes the schema is kept as SQL, with its undo where that is certain, and named. Nothing is looked up in a
 * database and nothing is guessed: what a script alone cannot tell is said.
 */
import { codeFrame, lineStartsOf, spanOf, type SourceFile, type TextRange } from '../../kernel/document/source-text.ts';
import type { Finding, SourceSpan } from '../../kernel/finding.ts';
import type { Operation } from '../../model/documents.ts';
import type { ParsedSql, SqlFailure, SqlParser } from '../../ports/schema/sql-parser.ts';
import type { Draft, Note } from './draft.ts';
import { Known } from './known.ts';
import { settleOrder } from './order.ts';
import { pieceOf, verbatim, type Piece, type Source } from './piece.ts';
import { convertStatement } from './statements/index.ts';

export interface Conversion {
  /** In the order of the script. */
  readonly operations: readonly ConvertedOperation[];
  /** What was kept, left out or done sooner. With an error among them the operations are not what the script says. */
  readonly findings: readonly Finding[];
}

export interface ConvertedOperation {
  readonly operation: Operation;
  /** Where the statement or the command begins. */
  readonly source: SourceSpan;
  /** Why it is rawSql. */
  readonly why?: string;
}

/** Throws nothing: what cannot be read is a finding. */
export function convertScript(file: SourceFile, parser: SqlParser): Conversion {
  const starts = lineStartsOf(file.text);
  const place = (range: TextRange): { source: SourceSpan; frame: string } => {
    const source = spanOf(file, starts, range);
    return { source, frame: codeFrame(file.text, starts, source) };
  };
  const parsed = parser.parse(file.text);
  if ('message' in parsed) return { operations: [], findings: [syntaxFinding(parsed, file, place)] };
  const notes: Note[] = [];
  const drafts = draftsOf({ text: file.text, parsed }, parsed, parser, notes);
  const settled = settleOrder(drafts);
  const at = (piece: Piece) => place(rangeOf(piece));
  const findings = [
    ...notes.map(({ piece, ...note }): Finding => ({ ...note, ...at(piece) })),
    ...drafts.flatMap((draft, index): Finding[] => {
      const needs = settled.get(index);
      if (needs !== undefined) return [soonerFinding(draft, drafts[needs]!, at)];
      return draft.why === undefined ? [] : [{ ...keptFinding(draft), ...at(draft.unit.piece) }];
    }),
  ];
  if (drafts.length === 0 && !findings.some(({ severity }) => severity === 'error')) {
    findings.push(nothingFinding(file));
  }
  const operations = drafts.map(({ operation, unit, why }) => ({
    operation,
    source: at(unit.piece).source,
    ...(why === undefined ? {} : { why }),
  }));
  return { operations, findings };
}

function draftsOf(source: Source, parsed: ParsedSql, parser: SqlParser, notes: Note[]): Draft[] {
  const world = { parser, known: new Known(), note: (note: Note) => void notes.push(note) };
  return parsed.statements.flatMap(({ node, range }) => {
    const piece = pieceOf(source, range.offset, range.offset + range.length);
    return convertStatement({ node, piece }, world);
  });
}

function rangeOf({ source, first, last }: Piece): TextRange {
  const { tokens } = source.parsed;
  const offset = tokens[first]?.start ?? 0;
  return { offset, length: (tokens[Math.max(first, last - 1)]?.end ?? offset) - offset };
}

function syntaxFinding(
  { message, offset }: SqlFailure,
  file: SourceFile,
  place: (range: TextRange) => { source: SourceSpan; frame: string },
): Finding {
  const word = /^[\w$]+/u.exec(file.text.slice(offset))?.[0] ?? '';
  const line = file.text.slice(file.text.lastIndexOf('\n', offset - 1) + 1, offset + 1).trimStart();
  const fix = line.startsWith('\\')
    ? 'Remove it: this is a command of psql, which no server knows.'
    : 'Correct it: nothing is converted of a script that PostgreSQL would not read.';
  return {
    severity: 'error',
    code: 'THM7300',
    summary: `PostgreSQL does not read this: ${message}.`,
    fix,
    ...place({ offset, length: Math.max(1, word.length) }),
  };
}

function keptFinding({ operation, why }: Draft): Finding {
  const { down, irreversible } = operation.rawSql!;
  return {
    severity: 'info',
    code: 'THM7301',
    summary: `Kept as rawSql: ${why}.`,
    details: [down === undefined ? `It cannot be taken back: ${irreversible}` : `It is taken back by: ${down}`],
    ...(down === undefined
      ? { fix: 'Write "down" in place of "irreversible" where you know what takes it back.' }
      : {}),
  };
}

function soonerFinding(
  { unit, operation }: Draft,
  needs: Draft,
  at: (piece: Piece) => { source: SourceSpan; frame: string },
): Finding {
  const { line } = at(needs.unit.piece).source;
  return {
    severity: 'warning',
    code: 'THM7303',
    summary: `It is done at once, as rawSql, because line ${line} may need it done: the release that runs until then loses what it had.`,
    details: [`It becomes: ${operation.rawSql!.up}`],
    fix: `Put what begins at line ${line} into a later migration.`,
    related: [{ source: at(needs.unit.piece).source, note: firstLine(needs.unit.piece) }],
    ...at(unit.piece),
  };
}

function firstLine(piece: Piece): string {
  const [line = ''] = verbatim(piece).split('\n');
  return line.slice(0, 60);
}

function nothingFinding({ path }: SourceFile): Finding {
  return {
    severity: 'error',
    code: 'THM7305',
    summary: 'The script changes no schema.',
    fix: 'Name one that creates, alters or drops something.',
    source: { file: path, line: 1, col: 1 },
  };
}
