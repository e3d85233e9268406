/** Problems to findings: line, column and code frame are looked up here and nowhere else, with secrets covered. */
import { compareFindings, type Finding, type SourceSpan } from '../kernel/finding.ts';
import { codeFrame, lineStartsOf, spanOf, type LineStarts, type SourceFile } from '../kernel/document/source-text.ts';
import type { Place, Problem } from './problem.ts';
import { coverSecrets, findSecrets, type PlainSecret } from './yaml/secrets.ts';

export interface Locator {
  readonly finding: (problem: Problem) => Finding;
  readonly span: (place: Place) => SourceSpan;
}

export function locator(files: readonly SourceFile[], secrets: ReadonlyMap<string, readonly PlainSecret[]>): Locator {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const starts = new Map<string, LineStarts>();
  const covered = new Map<string, string>();
  const words = [...secrets].flatMap(([path, found]) =>
    found.map(({ range }) => byPath.get(path)!.text.slice(range.offset, range.offset + range.length)),
  );
  // Quotes belong to the place of a secret, not to its text.
  const hidden = [...new Set(words.map((word) => word.replaceAll(/^["']|["']$/gu, '')))]
    .filter((word) => word.length > 3)
    .sort((a, b) => b.length - a.length);

  const startsOf = (file: SourceFile): LineStarts => {
    let known = starts.get(file.path);
    if (known === undefined) starts.set(file.path, (known = lineStartsOf(file.text)));
    return known;
  };
  const textOf = (file: SourceFile): string => {
    let known = covered.get(file.path);
    if (known === undefined) covered.set(file.path, (known = coverSecrets(file.text, secrets.get(file.path) ?? [])));
    return known;
  };
  const span = (place: Place): SourceSpan => {
    const path = 'document' in place ? place.document.file : place.file;
    const range = 'document' in place ? place.document.locate(place.path, place.part) : place.range;
    const file = byPath.get(path)!;
    return spanOf(file, startsOf(file), range);
  };
  const hide = (text: string): string => hidden.reduce((rest, word) => rest.replaceAll(word, '***'), text);
  const finding = ({ severity = 'error', code, summary, fix, at, related }: Problem): Finding => {
    const base = { severity, code, summary: hide(summary), fix: hide(fix) };
    if (at === undefined) return base;
    const source = span(at);
    const file = byPath.get(source.file)!;
    const frame = coverWords(codeFrame(textOf(file), startsOf(file), source), hidden);
    if (related === undefined) return { ...base, source, frame };
    return { ...base, source, frame, related: related.map(({ at, note }) => ({ source: span(at), note: hide(note) })) };
  };
  return { finding, span };
}

/** A secret may stand a second time where nothing says that it is one. */
function coverWords(text: string, words: readonly string[]): string {
  return words.reduce((rest, word) => rest.replaceAll(word, '*'.repeat(word.length)), text);
}

/** Findings that were made where the text was not at hand, with their code frames. */
export function withFrames(findings: readonly Finding[], files: readonly SourceFile[]): readonly Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return findings.map((finding) => {
    const file = finding.source === undefined ? undefined : byPath.get(finding.source.file);
    if (file === undefined || finding.frame !== undefined) return finding;
    const text = coverSecrets(file.text, findSecrets(file.text));
    return { ...finding, frame: codeFrame(text, lineStartsOf(text), finding.source!) };
  });
}

export function sortedFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(compareFindings);
}
