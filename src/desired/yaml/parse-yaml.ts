/**
 * YAML text to documents and problems. YAML 1.2 core schema: `on` and `02:00` are text, `1.10` is a number, merge
 * keys are plain keys. A document with a syntax error is dropped, because what it means is a guess.
 */
import { parseAllDocuments, type Document, type YAMLError } from 'yaml';
import type { SourceFile } from '../../kernel/document/source-text.ts';
import type { Problem } from '../problem.ts';
import { expandRepeats } from './expand-repeats.ts';
import { foldRepeats } from './fold-repeats.ts';
import { readDocument, type YamlDocument } from './yaml-document.ts';

export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly Problem[];
  /** False when a document was dropped: what it would have named is unknown. */
  readonly complete: boolean;
}

/** One mistake often makes the parser stumble many times; the first few say where to look. */
const maxSyntaxErrors = 5;

const yamlOptions = {
  version: '1.2',
  schema: 'core',
  merge: false,
  // Own check while values are made: linear, and it knows the place of the first of two.
  uniqueKeys: false,
  stringKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

export function parseYaml(file: SourceFile): YamlFile {
  return parseFolded(file) ?? parseWhole(file);
}

/** The whole text, as it stands. What `parseYaml` returns is the same, only sooner where a list is long. */
export function parseWhole(file: SourceFile): YamlFile {
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [];
  let complete = true;
  // The union's other member is an empty array that carries errors of a text without documents.
  const parsed = parseAllDocuments(file.text, yamlOptions) as Document.Parsed[] & { errors?: YAMLError[] };
  const stray = parsed.length === 0 ? (parsed.errors ?? []) : [];
  for (const error of stray) problems.push(syntaxProblem(file.path, error));
  if (stray.length > 0) complete = false;
  for (const document of parsed) {
    const errors = [...document.errors, ...document.warnings];
    if (errors.length > 0) {
      problems.push(...worstFirst(errors).map((error) => syntaxProblem(file.path, error)));
      complete = false;
      continue;
    }
    const read = readDocument(file.path, document);
    problems.push(...read.problems);
    if (!read.usable) complete = false;
    else if (read.document !== null) documents.push(read.document);
  }
  return { documents, problems, complete };
}

/** undefined where nothing could be folded, or where anything at all is wrong: then the whole text says what and where. */
function parseFolded(file: SourceFile): YamlFile | undefined {
  const folded = foldRepeats(file.text);
  if (folded === undefined) return undefined;
  const parsed = parseAllDocuments(folded.text, yamlOptions) as Document.Parsed[];
  if (parsed.some(({ errors, warnings }) => errors.length + warnings.length > 0)) return undefined;
  const expansions = expandRepeats(
    file.text,
    folded,
    parsed.map(({ contents }) => contents),
  );
  if (expansions === undefined) return undefined;
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    const read = readDocument(file.path, document, { expansions, toOriginal: folded.toOriginal });
    if (read.problems.length > 0) return undefined;
    if (read.document !== null) documents.push(read.document);
  }
  return { documents, problems: [], complete: true };
}

const fixes: Partial<Record<YAMLError['code'], string>> = {
  BAD_INDENT: 'Start all keys of one map at the same column.',
  TAB_AS_INDENT: 'Indent with spaces; YAML allows no tabs there.',
  BAD_SCALAR_START: 'Put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Put the value in quotes, or start the map on a line of its own.',
  MISSING_CHAR: 'Add the missing character, and a space after every colon.',
  BAD_DQ_ESCAPE: 'Double the backslash, or use single quotes.',
  MULTILINE_IMPLICIT_KEY: 'Check that the line above is complete and that the key is on one line.',
  TAG_RESOLVE_FAILED: 'Remove the tag; Themis reads plain YAML values.',
  NON_STRING_KEY: 'Write the key as plain text, or put it in quotes.',
  BAD_ALIAS: 'Put the value in quotes if the asterisk is meant as text.',
  RESOURCE_EXHAUSTION: 'Remove the nesting.',
};

const codes: Partial<Record<YAMLError['code'], Problem['code']>> = {
  TAG_RESOLVE_FAILED: 'THM1005',
  RESOURCE_EXHAUSTION: 'THM1004',
};

/** Where the parser gave up, what it says of the rest is noise. */
function worstFirst(errors: readonly YAMLError[]): readonly YAMLError[] {
  const gaveUp = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  return gaveUp === undefined ? errors.slice(0, maxSyntaxErrors) : [gaveUp];
}

function syntaxProblem(file: string, error: YAMLError): Problem {
  const [start, end] = error.pos;
  const code = codes[error.code] ?? 'THM1001';
  const [firstSentence = ''] = error.message.split('\n');
  return {
    code,
    // How the parser ran out of stack is no news for who wrote the file.
    summary:
      error.code === 'RESOURCE_EXHAUSTION'
        ? 'Values are nested too deep to be read.'
        : `This is not valid YAML: ${firstSentence.replace(/\.$/u, '')}.`,
    fix: fixes[error.code] ?? 'Check indentation, quotes and brackets here and on the line above.',
    at: { file, range: { offset: Math.max(0, start), length: Math.max(1, end - start) } },
  };
}
