const pattern = /^(\d+)\.(\d+)(?:\.|-|\+|$)/u;

/**
 * Minor releases between two versions: the difference of minors within one major, 1 between any release and the
 * first minor of the next major (the planner has checked that such a step is allowed), else Infinity. 0 where a
 * version is not `major.minor`, which leaves nothing to compare.
 */
export function minorDistance(a: string, b: string): number {
  const [, majorA, minorA] = pattern.exec(a) ?? [];
  const [, majorB, minorB] = pattern.exec(b) ?? [];
  if (majorA === undefined || majorB === undefined) return 0;
  const majors = Number(majorA) - Number(majorB);
  if (majors === 0) return Math.abs(Number(minorA) - Number(minorB));
  if (Math.abs(majors) > 1) return Infinity;
  return Number(majors > 0 ? minorA : minorB) === 0 ? 1 : Infinity;
}

/**
 * Whether a node may go from one version to another beside a node that has `other`. A pair that is too far apart
 * already may come closer: a straggler must be able to catch up.
 */
export function maySkew(from: string | undefined, to: string, other: string, limit: number): boolean {
  const distance = minorDistance(to, other);
  return distance <= limit || (from !== undefined && distance <= minorDistance(from, other) && distance < Infinity);
}
