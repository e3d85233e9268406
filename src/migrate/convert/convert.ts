/**
 * A script of CREATE and ALTER statements, to the operations of a migration. What has an operation gets it; everything
 * else that changes the schema is kept as SQL, with its undo where that is certain, and named. Nothing is looked up in a
 * database and nothing is guessed: what a script alone cannot tell is said.
 */
import { codeFrame, lineStartsOf, spanOf, type SourceFile, type TextRange } from '../../kernel/document/source-text.ts';
import type { Finding, SourceSpan } from '../../kernel/finding.ts';
import type { Operation } from '../../model/documents.ts';
import type { ParsedSql, SqlParser } from '../../ports/schema/sql-parser.ts';
import type { Draft, Note } from './draft.ts';
import { Known } from './known.ts';
import { settleOrder } from './order.ts';
import { pieceOf, type Piece, type Source } from './piece.ts';
import { secretsIn, withoutSecrets, type SecretPlace } from '../sql/secrets.ts';
import { sectionsOf, type Sections } from './sections.ts';
import { convertStatement } from './statements/index.ts';
import { syntaxFinding, withoutRestrict } from './unreadable.ts';

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
  const { text, parsed, restricts } = readScript(file.text, parser);
  if ('message' in parsed) return { operations: [], findings: [syntaxFinding(parsed, file)] };
  const starts = lineStartsOf(file.text);
  const secrets = secretsIn(parsed);
  const shown = withoutSecrets(file.text, secrets);
  const place = (range: TextRange): Place => {
    const source = spanOf(file, starts, range);
    return { source, frame: codeFrame(shown, starts, source) };
  };
  const notes: Note[] = [];
  const drafts = draftsOf({ text, parsed }, parsed, parser, notes);
  const settled = settleOrder(drafts);
  const at = (piece: Piece): Place => place(rangeOf(piece));
  const findings = [
    ...restricts.map((range): Finding => ({ ...restrictFinding, ...place(range) })),
    ...sectionFindings(sectionsOf(text, parsed), place),
    ...secrets.map((secret): Finding => ({ ...secretFinding(secret), ...place(secret.range) })),
    ...notes.map(({ piece, ...note }): Finding => ({ ...note, ...at(piece) })),
    ...drafts.flatMap((draft, index): Finding[] => {
      const needs = settled.get(index);
      if (needs !== undefined) return [soonerFinding(draft, drafts[needs]!, at, shown)];
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

interface Place {
  readonly source: SourceSpan;
  readonly frame: string;
}

/** `restricts`: lines that were taken out. */
function readScript(given: string, parser: SqlParser) {
  const restricts: TextRange[] = [];
  for (let text = given; ;) {
    const parsed = parser.parse(text);
    const rest = 'message' in parsed ? withoutRestrict(text, parsed) : undefined;
    if (rest === undefined || !('message' in parsed)) return { text, parsed, restricts };
    restricts.push({ offset: parsed.offset, length: 1 });
    text = rest;
  }
}

function draftsOf(source: Source, parsed: ParsedSql, parser: SqlParser, notes: Note[]): Draft[] {
  const world = {
    parser,
    known: new Known(),
    settings: new Map<string, string>(),
    note: (note: Note) => void notes.push(note),
  };
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

const restrictFinding = {
  severity: 'info',
  code: 'THM7302',
  summary: 'It is left out: it tells psql to take no other commands.',
  fix: 'Remove it.',
} as const;

function sectionFindings({ back, rollbacks }: Sections, place: (range: TextRange) => Place): Finding[] {
  const [first] = rollbacks;
  return [
    ...(back === undefined ? [] : [{ ...backFinding, ...place(back) }]),
    ...(first === undefined ? [] : [{ ...rollbackFinding, ...place(first) }]),
  ];
}

const backFinding = {
  severity: 'error',
  code: 'THM7309',
  summary: 'What follows takes back what stands before it: a migration would do both.',
  fix: 'Convert a file that ends here: Themis takes operations back by itself, and rawSql by its "down".',
} as const;

const rollbackFinding = {
  severity: 'info',
  code: 'THM7304',
  summary: 'The rollback of Liquibase is a comment and is not kept: Themis takes operations back by itself.',
  fix: 'Write it as "down" of a rawSql that is irreversible.',
} as const;

function secretFinding({ isCertain }: SecretPlace) {
  return isCertain
    ? ({
        severity: 'error',
        code: 'THM7311',
        summary: 'A secret would stand in the Migration, and with it in Git.',
        fix: 'Remove it from the script, and set it where the database is run: by \\password of psql, for example.',
      } as const)
    : ({
        severity: 'warning',
        code: 'THM7311',
        summary: 'This looks like a secret, which would stand in the Migration, and with it in Git.',
        fix: 'Remove it from the script if it is one.',
      } as const);
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

function soonerFinding({ unit, operation }: Draft, needs: Draft, at: (piece: Piece) => Place, shown: string): Finding {
  const { line } = at(needs.unit.piece).source;
  return {
    severity: 'warning',
    code: 'THM7303',
    summary: `It is done at once, as rawSql, because line ${line} may need it done: the release that runs until then loses what it had.`,
    details: [`It becomes: ${operation.rawSql!.up}`],
    fix: `Put what begins at line ${line} into a later migration.`,
    related: [{ source: at(needs.unit.piece).source, note: firstLine(needs.unit.piece, shown) }],
    ...at(unit.piece),
  };
}

function firstLine(piece: Piece, shown: string): string {
  const { offset, length } = rangeOf(piece);
  const [line = ''] = shown.slice(offset, offset + length).split('\n');
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
