/** `themis release check`: newer releases per package, and from when the answer is. */
import type { NewerRelease, PackageUpdates } from '../model/release.ts';

export interface UpdatesView {
  /** Where releases lie. */
  readonly source: string;
  /** RFC 3339 UTC: when the source was asked for what this says. */
  readonly asOf: string;
  /** Whether it was asked just now, if in vain. */
  readonly asked: boolean;
  /** Before this instant the source is not asked again. */
  readonly nextAt: string;
  /** Whether the signature was verified; false: nobody said whom to believe. */
  readonly verified: boolean;
  /** Why the newest look was in vain; null: it was not. */
  readonly failure: string | null;
  readonly index: {
    readonly counter: number;
    readonly generatedAt: string;
    readonly expiresAt: string;
    readonly stale: boolean;
  };
  readonly packages: readonly PackageUpdates[];
}

export function updatesText(view: UpdatesView): string {
  const told = view.packages.filter((each) => hasNews(each));
  const lines = told.flatMap(packageLines);
  const newer = view.packages.filter(({ newer: releases }) => releases.length > 0).length;
  if (newer === 0) lines.push('No newer releases.');
  if (view.index.stale)
    lines.push(`The index was to be renewed before ${view.index.expiresAt}: it may hide newer ones.`);
  if (view.failure !== null) lines.push(`The last look was in vain: ${view.failure}`);
  if (!view.verified) lines.push('Not verified: --anchors FILE says whom to believe.');
  const isKept = !view.asked || view.failure !== null;
  lines.push(`As of ${view.asOf}${isKept ? ', kept since' : ''}. The next look is at ${view.nextAt}.`);
  return `${lines.join('\n')}\n`;
}

function hasNews({ newer, outside, withdrawn }: PackageUpdates): boolean {
  return newer.length > 0 || outside.length > 0 || withdrawn.length > 0;
}

function packageLines({ package: name, range, pinned, withdrawn, newer, outside }: PackageUpdates): string[] {
  const has = pinned.length === 0 ? 'not locked' : pinned.join(', ');
  const asked = range === null ? 'asked for by other packages' : range;
  return [
    `${name} ${has} (${asked})`,
    ...withdrawn.map((version) => `  ! ${version} was withdrawn`),
    ...newer.map((release) => `  ~ ${releaseText(release)}`),
    ...(outside.length === 0 ? [] : [`  outside: ${outside.map(releaseText).join(', ')}`]),
  ];
}

function releaseText({ version, critical }: NewerRelease): string {
  return critical ? `${version} critical` : version;
}
