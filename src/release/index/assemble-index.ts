/**
 * `index.json` from the releases of a directory: what there is, what is critical, what is withdrawn, and until when the
 * list may be believed. Withdrawing belongs to a manifest hash and stays when the index is made again.
 * Findings: THM2020 not a release, THM2021 unsigned, THM2022 same release twice, THM2023 counter does not grow with the
 * version, THM2024 several products.
 */
import type { Digest } from '../../kernel/digest.ts';
import type { Finding, FindingCode, Severity } from '../../kernel/finding.ts';
import { joinReleasePath, releaseNames } from '../../model/release-format/layout.ts';
import type { IndexedList, ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../model/release.ts';
import { listDeltas } from '../delta/list-deltas.ts';
import type { FoundDelta } from '../delta/scan-deltas.ts';
import type { FoundRelease } from '../scan-releases.ts';
import { counterFindings } from './counter-findings.ts';

export interface IndexOptions {
  readonly nowMs: number;
  /** Higher than that of the index before. */
  readonly counter: number;
  /** Revocation lists that lie beside it. */
  readonly crls: readonly IndexedList[];
  /** How long clients may believe the index. */
  readonly freshForMs: number;
  readonly yanked: ReadonlySet<Digest>;
  /** Deltas that lie beside it. */
  readonly deltas: readonly FoundDelta[];
}

/** null where an error finding makes an index impossible. `found` sorted as `scanReleases` returns it. */
export function assembleIndex(
  found: readonly FoundRelease[],
  options: IndexOptions,
): { readonly index: ReleaseIndex | null; readonly findings: readonly Finding[] } {
  const releases = found.flatMap(({ directory, result }) =>
    result.ok ? [{ directory, manifest: result.manifest }] : [],
  );
  const manifests = releases.map(({ manifest }) => manifest);
  const offered = manifests.filter(({ manifestHash }) => !options.yanked.has(manifestHash));
  const products = [...new Set(manifests.map(({ product }) => product))];
  const listed = listDeltas(options.deltas, manifests);
  const findings = [
    ...shapeFindings(found),
    ...repeatFindings(releases),
    ...counterFindings(offered),
    ...listed.findings,
  ];
  if (products.length > 1) {
    findings.push(
      finding(
        'error',
        'THM2024',
        `The directory holds releases of ${products.join(' and ')}; an index is for one product.`,
        'Keep one directory per product.',
      ),
    );
  }
  const [product] = products;
  if (product === undefined || findings.some(({ severity }) => severity === 'error')) return { index: null, findings };
  const index: ReleaseIndex = {
    formatVersion: '1.0',
    product,
    counter: options.counter,
    generatedAt: instant(options.nowMs),
    expiresAt: instant(options.nowMs + options.freshForMs),
    entries: releases.map((release) => entryOf(release.directory, release.manifest, options.yanked)),
    deltas: listed.deltas,
    ...(options.crls.length === 0 ? {} : { crls: options.crls }),
  };
  return { index, findings };
}

function entryOf(directory: string, manifest: ReleaseManifest, yanked: ReadonlySet<Digest>): ReleaseIndexEntry {
  return {
    package: manifest.package,
    version: manifest.version,
    platform: manifest.platform,
    architecture: manifest.architecture,
    manifestHash: manifest.manifestHash,
    url: joinReleasePath(directory, releaseNames.manifest),
    critical: manifest.isCritical,
    ...(yanked.has(manifest.manifestHash) ? { yanked: true } : {}),
  };
}

function shapeFindings(found: readonly FoundRelease[]): Finding[] {
  return found.flatMap(({ directory, isSigned, result }) => {
    const place = directory === '' ? 'this directory' : directory;
    if (!result.ok)
      return [
        finding(
          'error',
          'THM2020',
          `The release in ${place} is refused: ${result.message}`,
          'Build it again or move it away.',
        ),
      ];
    return isSigned
      ? []
      : [
          finding(
            'warning',
            'THM2021',
            `The release in ${place} is not signed; no node will take it.`,
            `themis release sign ${directory} --key ... --certificate ...`,
          ),
        ];
  });
}

function repeatFindings(
  releases: readonly { readonly directory: string; readonly manifest: ReleaseManifest }[],
): Finding[] {
  const seen = new Map<string, string>();
  return releases.flatMap(({ directory, manifest }) => {
    const key = `${manifest.package} ${manifest.version} (${manifest.platform}, ${manifest.architecture})`;
    const before = seen.get(key);
    seen.set(key, before ?? directory);
    return before === undefined
      ? []
      : [finding('error', 'THM2022', `${key} lies in ${before} and in ${directory}.`, 'Move one of them away.')];
  });
}

function instant(ms: number): string {
  return Temporal.Instant.fromEpochMilliseconds(ms).toString({ smallestUnit: 'second' });
}

function finding(severity: Severity, code: FindingCode, summary: string, fix: string): Finding {
  return { severity, code, summary, fix };
}
