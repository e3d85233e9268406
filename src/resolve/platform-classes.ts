/**
 * The platforms that need a resolution of their own: every one that some build names, and where builds for `linux/any`
 * and `any/x64` meet, `linux/x64`. A node gets the most exact pin that suits it, so what one platform is given may
 * stand in the way of what another is given.
 */
import { compareText } from '../kernel/finding.ts';
import type { ReleaseManifest } from '../model/release.ts';
import { exactness, type PlatformKey, platformText, suits } from './platform.ts';

/** Sorted; general ones after the exact ones they contain. */
export function platformClasses(builds: Iterable<PlatformKey>): readonly PlatformKey[] {
  const classes = new Map<string, PlatformKey>();
  for (const { platform, architecture } of builds) {
    classes.set(platformText({ platform, architecture }), { platform, architecture });
  }
  for (const one of classes.values()) {
    for (const other of classes.values()) {
      const meeting = meet(one, other);
      if (meeting !== undefined && !classes.has(platformText(meeting))) classes.set(platformText(meeting), meeting);
    }
  }
  return [...classes.values()].sort(
    (a, b) => exactness(b) - exactness(a) || compareText(platformText(a), platformText(b)),
  );
}

/** Nodes that suit both. */
function meet(a: PlatformKey, b: PlatformKey): PlatformKey | undefined {
  const platform = narrower(a.platform, b.platform);
  const architecture = narrower(a.architecture, b.architecture);
  return platform === undefined || architecture === undefined ? undefined : { platform, architecture };
}

function narrower(a: string, b: string): string | undefined {
  if (a === b || b === 'any') return a;
  return a === 'any' ? b : undefined;
}

export interface ClassPicks {
  readonly platform: PlatformKey;
  /** By package. */
  readonly picks: ReadonlyMap<string, ReleaseManifest>;
}

/** Whether every platform, given all picks as pins, gets just what was picked for it. */
export function agree(classes: readonly ClassPicks[]): boolean {
  const pins = new Map<string, ReleaseManifest>();
  for (const { picks } of classes) {
    for (const [name, release] of picks) {
      const key = `${name} ${platformText(release)}`;
      const known = pins.get(key);
      if (known !== undefined && known !== release) return false;
      pins.set(key, release);
    }
  }
  const byPackage = Map.groupBy(pins.values(), (release) => release.package);
  return classes.every(({ platform, picks }) =>
    [...picks].every(([name, release]) => givenTo(platform, byPackage.get(name)!) === release),
  );
}

/** The pin that a node of the platform would get. */
export function givenTo<T extends PlatformKey>(platform: PlatformKey, pins: readonly T[]): T | undefined {
  return pins
    .filter((pin) => suits(pin, platform))
    .reduce<T | undefined>(
      (best, pin) => (best === undefined || exactness(pin) > exactness(best) ? pin : best),
      undefined,
    );
}
