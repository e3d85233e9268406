/**
 * A proof as sentences, in the manner of Dart's pub: what is concluded stands after what it follows from, a chain reads
 * as `Because ... And because ...`, and what is used twice or far away gets a number. It says what the proof says and
 * leaves out nothing.
 */
import type { Rule } from '../pubgrub/problem.ts';
import type { ReleaseProblem } from '../universe/release-problem.ts';
import { factsClause, ruleClause } from './phrases.ts';

/** More than a reader follows; the facts alone say more then. */
const longest = 200;

/** `proof`: a rule without terms. The last sentence is the conclusion. */
export function derivationSentences(proof: Rule, problem: ReleaseProblem): readonly string[] {
  const uses = countUses(proof);
  const writer: Writer = { problem, uses, lines: [], lineOf: new Map(), referred: new Set() };
  if (proof.cause.kind === 'facts') return [`${capital(clause(proof, writer))}.`];
  if (uses.size > longest)
    return [`The proof has ${uses.size} steps, too many to tell; these facts alone allow no solution.`];
  visit(proof, writer);
  return numbered(writer);
}

interface Writer {
  readonly problem: ReleaseProblem;
  readonly uses: ReadonlyMap<Rule, number>;
  readonly lines: string[];
  /** Line of each rule that was concluded. */
  readonly lineOf: Map<Rule, number>;
  /** Lines that others refer to. */
  readonly referred: Set<number>;
}

const mark = /⟦(\d+)⟧/gu;

/** Lines that are referred to get numbers, in the order in which they stand. */
function numbered({ lines, referred }: Writer): readonly string[] {
  const numbers = new Map([...referred].sort((a, b) => a - b).map((line, index) => [line, index + 1]));
  return lines.map((line, index) => {
    const text = line.replaceAll(mark, (_, at: string) => `(${numbers.get(Number(at))!})`);
    return referred.has(index) ? `${text} (${numbers.get(index)!})` : text;
  });
}

function countUses(proof: Rule): ReadonlyMap<Rule, number> {
  const uses = new Map<Rule, number>();
  const open = [proof];
  for (let rule = open.pop(); rule !== undefined; rule = open.pop()) {
    if (rule.cause.kind === 'facts') continue;
    for (const cause of rule.cause.from) {
      const known = uses.get(cause) ?? 0;
      uses.set(cause, known + 1);
      if (known === 0) open.push(cause);
    }
  }
  return uses;
}

function clause(rule: Rule, { problem }: Writer): string {
  const { cause } = rule;
  if (cause.kind === 'derived') return ruleClause(rule, problem);
  return factsClause(
    cause.facts.map((fact) => problem.said(fact)),
    problem,
  );
}

/** With the number of the line that concluded it. */
function reference(rule: Rule, writer: Writer): string {
  const line = writer.lineOf.get(rule)!;
  writer.referred.add(line);
  return `${clause(rule, writer)} ⟦${line}⟧`;
}

function conclude(rule: Rule, text: string, writer: Writer): void {
  writer.lineOf.set(rule, writer.lines.length);
  writer.lines.push(text);
}

function isDerived(rule: Rule): boolean {
  return rule.cause.kind === 'derived';
}

function causesOf(rule: Rule): readonly [Rule, Rule] {
  if (rule.cause.kind === 'facts') throw new Error('a fact has no causes');
  return rule.cause.from;
}

/** Writes the lines that end with `rule`. */
function visit(rule: Rule, writer: Writer): void {
  const [one, two] = causesOf(rule);
  if (isDerived(one) && isDerived(two)) visitTwoDerived(rule, one, two, writer);
  else if (isDerived(one) || isDerived(two)) {
    visitOneDerived(rule, isDerived(one) ? one : two, isDerived(one) ? two : one, writer);
  } else conclude(rule, because([clause(one, writer), clause(two, writer)], rule, writer), writer);
}

function visitTwoDerived(rule: Rule, one: Rule, two: Rule, writer: Writer): void {
  const has = (cause: Rule): boolean => writer.lineOf.has(cause);
  if (has(one) && has(two)) {
    conclude(rule, because([reference(one, writer), reference(two, writer)], rule, writer), writer);
  } else if (has(one) || has(two)) {
    const [known, open] = has(one) ? [one, two] : [two, one];
    visit(open, writer);
    conclude(rule, andBecause([reference(known, writer)], rule, writer), writer);
  } else {
    // The simpler of the two is told last, so that the conclusion follows right after it.
    const [first, second] = isSimple(one) && !isSimple(two) ? [two, one] : [one, two];
    visit(first, writer);
    // Telling the second may have told the first's causes anew; the first itself is there.
    if (!has(second)) visit(second, writer);
    conclude(rule, andBecause([reference(first, writer)], rule, writer), writer);
  }
}

function visitOneDerived(rule: Rule, derived: Rule, fact: Rule, writer: Writer): void {
  if (writer.lineOf.has(derived)) {
    const parts = [clause(fact, writer), reference(derived, writer)];
    conclude(rule, because(parts, rule, writer), writer);
    return;
  }
  const inner = collapsible(derived, writer);
  if (inner === undefined) {
    visit(derived, writer);
    conclude(rule, andBecause([clause(fact, writer)], rule, writer), writer);
    return;
  }
  visit(inner.derived, writer);
  const parts = [clause(inner.fact, writer), clause(fact, writer)];
  conclude(rule, andBecause(parts, rule, writer), writer);
}

/** A step in between that nothing else uses, and that follows from one fact and one derived rule, needs no line. */
function collapsible(rule: Rule, writer: Writer): { readonly derived: Rule; readonly fact: Rule } | undefined {
  if ((writer.uses.get(rule) ?? 0) > 1) return undefined;
  const [one, two] = causesOf(rule);
  if (isDerived(one) === isDerived(two)) return undefined;
  const [derived, fact] = isDerived(one) ? [one, two] : [two, one];
  return writer.lineOf.has(derived) ? undefined : { derived, fact };
}

function isSimple(rule: Rule): boolean {
  return causesOf(rule).every((cause) => !isDerived(cause));
}

function because(parts: readonly string[], rule: Rule, writer: Writer): string {
  return `Because ${parts.join(' and ')}, ${clause(rule, writer)}.`;
}

/** Follows from these and from the line right before. */
function andBecause(parts: readonly string[], rule: Rule, writer: Writer): string {
  return `And because ${parts.join(' and ')}, ${clause(rule, writer)}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
