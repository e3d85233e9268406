/** Of which releases a probe of a migration is: the one that runs before its first node, the one that comes with it. */
import type { ReleaseRanges } from '../model/desired.ts';
import { isWithin, overlaps } from './version-match.ts';

/** Some release that sends it is not one that the migration belongs to. */
export function isOfRunning(sends: ReleaseRanges | null, belongs: ReleaseRanges | null): boolean {
  return shared(sends, belongs).every(([sent, own]) => !isWithin(sent, own));
}

/** Some release that sends it is one that the migration belongs to. */
export function isOfNext(sends: ReleaseRanges | null, belongs: ReleaseRanges | null): boolean {
  return shared(sends, belongs).every(([sent, own]) => overlaps(sent, own));
}

/** Ranges of the packages that both name. */
function shared(sends: ReleaseRanges | null, belongs: ReleaseRanges | null): readonly (readonly [string, string])[] {
  return Object.entries(sends ?? {}).flatMap(([name, sent]) => {
    const own = belongs?.[name];
    return own === undefined ? [] : [[sent, own] as const];
  });
}
