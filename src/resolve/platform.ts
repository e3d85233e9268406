/** Which builds suit which nodes. `any` suits all; the most exact build goes first. */
import semver from 'semver';
import { compareText } from '../kernel/finding.ts';
import type { ReleaseManifest } from '../model/release.ts';

export interface PlatformKey {
  readonly platform: string;
  readonly architecture: string;
}

/** `linux/x64`. */
export function platformText({ platform, architecture }: PlatformKey): string {
  return `${platform}/${architecture}`;
}

export function suits(build: PlatformKey, node: PlatformKey): boolean {
  return fits(build.platform, node.platform) && fits(build.architecture, node.architecture);
}

/** Whether some node suits both. */
export function mayMeet(a: PlatformKey, b: PlatformKey): boolean {
  return overlap(a.platform, b.platform) && overlap(a.architecture, b.architecture);
}

function overlap(a: string, b: string): boolean {
  return a === b || a === 'any' || b === 'any';
}

function fits(built: string, wanted: string): boolean {
  return built === 'any' || built === wanted;
}

/** How exactly a build names the node's platform: among builds that suit, the higher goes first. */
export function exactness(build: PlatformKey): number {
  return Number(build.platform !== 'any') * 2 + Number(build.architecture !== 'any');
}

/** Ascending: by version, then exactness, counter and hash, so that it never depends on the order they came in. */
export function compareBuilds(a: ReleaseManifest, b: ReleaseManifest): number {
  return (
    semver.compareBuild(a.version, b.version) ||
    exactness(a) - exactness(b) ||
    a.counter - b.counter ||
    compareText(a.manifestHash, b.manifestHash)
  );
}
