/** What reviews in the SQL of an operation make of its problems: notes with a reason, and never less than that. */
import type { LintProblem, LintRule, LintWorld } from './rule.ts';

export interface FoundProblem {
  readonly rule: Omit<LintRule, 'check'>;
  readonly problem: LintProblem;
}

/** The reason of whoever reviewed it. */
export function reasonOf({ rule, problem }: FoundProblem, { scripts }: LintWorld): string | undefined {
  if (rule.isFact === true) return undefined;
  const script = scripts.find(({ operation }) => operation === problem.operation);
  return script?.reviews.find(({ code }) => code === rule.code)?.reason;
}

/** Reviews that review nothing: the next one who reads them would think that something is settled. */
export function idleReviews({ scripts }: LintWorld, found: readonly FoundProblem[]): readonly FoundProblem[] {
  return scripts.flatMap(({ operation, reviews }) =>
    reviews.flatMap(({ code }) => {
      if (code === undefined) return [{ rule: idleReview, problem: { operation, ...malformed } }];
      const own = found.find(({ rule, problem }) => problem.operation === operation && rule.code === code);
      if (own !== undefined && own.rule.isFact !== true) return [];
      const summary =
        own === undefined
          ? `${code} is reviewed, and is not found in this SQL.`
          : `${code} is reviewed, and no review makes it right.`;
      return [{ rule: idleReview, problem: { operation, summary, fix: 'Remove the comment.' } }];
    }),
  );
}

const malformed = {
  summary: 'A review names no finding, or says no reason.',
  fix: 'Write it as `-- themis:reviewed THM7206: the table has forty rows`.',
};

const idleReview: FoundProblem['rule'] = { code: 'THM7248', name: 'idle-review', severity: 'warning' };
