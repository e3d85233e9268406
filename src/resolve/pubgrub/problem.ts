/**
 * What a solver is given. Everything that is so is a fact: one or two terms that never hold together. `a needs b >=2`
 * is "a is 1.0 and b is absent or below 2"; `the Fleet wants a` is "a is absent"; a conflict is "a is 1.0 and b is any
 * release". So dependencies, optional ones, conflicts, pins and withdrawals are one thing.
 */
import type { Values } from './values.ts';

export interface Problem {
  /**
   * In the order in which they are settled: each gets the best release of its preference that leaves a solution with
   * what was settled before it.
   */
  readonly packages: readonly ProblemPackage[];
  readonly facts: FactTable;
}

export interface ProblemPackage {
  /** How many releases there are. */
  readonly count: number;
  /** The index of every release, best first. */
  readonly preference: readonly number[];
}

export interface Term {
  readonly package: number;
  readonly values: Values;
}

/** Facts in columns, because a registry has hundreds of thousands. Facts of one frame differ in the subject's values. */
export interface FactTable {
  readonly frames: readonly FactFrame[];
  /** By fact: its frame. */
  readonly frameOf: readonly number[];
  /** By fact: values of the subject that never stand beside the object, or with no object never stand at all. */
  readonly subjectValues: readonly Values[];
}

export interface FactFrame {
  readonly subject: number;
  readonly object: Term | undefined;
}

/** Terms that never hold together (an incompatibility), and what that follows from. At most one term a package. */
export interface Rule {
  readonly terms: readonly Term[];
  readonly cause: Cause;
}

export type Cause =
  /** Indexes into the facts of the problem. */
  | { readonly kind: 'facts'; readonly facts: readonly number[] }
  | { readonly kind: 'derived'; readonly from: readonly [Rule, Rule] };

/** Every fact that a rule follows from, ascending. */
export function factsOf(rule: Rule): number[] {
  const facts = new Set<number>();
  const seen = new Set<Rule>();
  const open = [rule];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.cause.kind === 'derived') open.push(...next.cause.from);
    else for (const fact of next.cause.facts) facts.add(fact);
  }
  return [...facts].sort((a, b) => a - b);
}

export interface FactWriter extends FactTable {
  /** Of the subject: the frame with the same object, made when it is new. Give one object for equal ones. */
  frame(subject: number, object: Term | undefined): number;
  /** Returns the index of the fact. */
  add(frame: number, values: Values): number;
}

export function createFactTable(): FactWriter {
  const frames: FactFrame[] = [];
  const frameOf: number[] = [];
  const subjectValues: Values[] = [];
  const known = new Map<number, Map<Term | undefined, number>>();
  let lastSubject = -1;
  let ofSubject = new Map<Term | undefined, number>();
  return {
    frames,
    frameOf,
    subjectValues,
    frame(subject, object) {
      if (subject !== lastSubject) {
        lastSubject = subject;
        ofSubject = known.get(subject) ?? new Map<Term | undefined, number>();
        known.set(subject, ofSubject);
      }
      let frame = ofSubject.get(object);
      if (frame === undefined) {
        frame = frames.push({ subject, object }) - 1;
        ofSubject.set(object, frame);
      }
      return frame;
    },
    add(frame, values) {
      subjectValues.push(values);
      return frameOf.push(frame) - 1;
    },
  };
}
