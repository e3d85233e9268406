/** Where the way of a single package ends, and what stands behind it, in words. */
import type { HopRequest } from './hop-request.ts';
import { buildsBetween, type Ladder, obstacle, passing, rungOf } from './ladder.ts';

export function deadEnd(
  { name, rungs, next }: Ladder,
  request: HopRequest,
): { readonly because: string; readonly fix: string } {
  const [start, target] = [rungs[0]!, rungs.at(-1)!];
  const end = rungs[highestReached(next)]!;
  const reasons: string[] = [];
  for (const build of buildsBetween(name, end, target, request)) {
    const rung = rungOf(build);
    // What one hop could lead to, were it not forbidden, says more than what is too far away anyhow.
    const reason = obstacle(name, end, rung, request) ?? passing(build, start, target, request);
    if (reason !== undefined && !reasons.includes(reason)) reasons.push(reason);
    if (reasons.length === 3) break;
  }
  const last = obstacle(name, end, target, request);
  if (last !== undefined && reasons.length < 3) reasons.push(last);
  const reach =
    end === start
      ? `${name} gets no further than ${end.version}`
      : `${name} gets from ${start.version} to ${end.version} and no further`;
  return {
    because: `${reach}, and ${target.version} is wanted: ${reasons.join('; ')}.`,
    fix: `Publish a release of ${name} between ${end.version} and ${target.version} that closes the gap, or lock a version that can be reached.`,
  };
}

function highestReached(next: Ladder['next']): number {
  const seen = new Set([0]);
  for (const rung of seen) for (const to of next[rung]!) seen.add(to);
  return Math.max(...seen);
}
