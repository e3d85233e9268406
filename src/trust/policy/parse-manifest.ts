/**
 * `release.json` from bytes: exact fields, safe paths, bounded sizes, and a `manifestHash` that is recomputed. All
 * problems are reported at once as findings; the code of the refusal is that of the gravest. Whether anybody signed
 * the bytes is decided before (`check-release.ts`).
 *
 * Findings: THM2001 unreadable, 2002 unknown field, 2003 missing field, 2004 wrong value, 2005 over a limit,
 * 2006 unsafe path, 2007 reserved name, 2008 path twice, 2009 paths that are one where case is ignored,
 * 2010 permissions, 2011 not sorted, 2012 hash, 2013 dependency twice or on itself, 2014 probe twice.
 */
import { digestJson } from '../../kernel/digest.ts';
import { compareText, type Finding, type FindingCode } from '../../kernel/finding.ts';
import { caseCollisions, pathProblem } from '../../kernel/path-guard.ts';
import { parseStrictJson } from '../../kernel/document/strict-json.ts';
import { readShape, type ShapeProblem } from '../../kernel/document/shape.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { isReservedReleasePath, releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { Refusal, TrustCode } from '../refusal.ts';
import { manifestShape } from './manifest-shape.ts';

export type ParsedManifest = { readonly ok: true; readonly manifest: ReleaseManifest } | ManifestRefusal;

export interface ManifestRefusal extends Refusal {
  readonly findings: readonly Finding[];
}

export function parseManifest(bytes: Uint8Array): ParsedManifest {
  const json = parseStrictJson(bytes, releaseLimits.manifestBytes);
  if (!json.ok) {
    return refusal('MANIFEST_INVALID', [
      finding('THM2001', `${releaseNames.manifest} cannot be read: ${json.detail}.`),
    ]);
  }
  const read = readShape(manifestShape, json.value);
  if (!read.ok) return refusal('MANIFEST_INVALID', read.problems.map(shapeFinding));

  const manifest = read.value;
  const unsafe = pathFindings(manifest);
  const collisions = collisionFindings(manifest);
  const others = [
    ...orderFindings(manifest),
    ...sizeFindings(manifest),
    ...dependencyFindings(manifest),
    ...probeFindings(manifest),
  ];
  const hash = hashFindings(manifest);
  const all = [...unsafe, ...collisions, ...others, ...hash];
  if (unsafe.length > 0) return refusal('MANIFEST_PATH_UNSAFE', all);
  if (collisions.length > 0) return refusal('MANIFEST_PATH_COLLISION', all);
  if (others.length > 0) return refusal('MANIFEST_INVALID', all);
  if (hash.length > 0) return refusal('MANIFEST_HASH_MISMATCH', all);
  return { ok: true, manifest };
}

/** SHA-256 over the canonical JSON without `manifestHash`. */
export function manifestHashOf(manifest: Omit<ReleaseManifest, 'manifestHash'>): ReleaseManifest['manifestHash'] {
  const { manifestHash: _, ...rest } = manifest as ReleaseManifest;
  return digestJson(rest);
}

function shapeFinding({ kind, at, expected, found }: ShapeProblem): Finding {
  const place = at === '' ? releaseNames.manifest : at;
  switch (kind) {
    case 'unknown':
      return finding(
        'THM2002',
        `${place} is not a field of a release manifest.`,
        expected === '' ? undefined : `Did you mean ${expected}?`,
      );
    case 'missing':
      return finding('THM2003', `${place} is missing.`);
    case 'limit':
      return finding('THM2005', `${place} has ${found} entries; allowed are ${expected}.`);
    case 'value': {
      const code = at.endsWith('.permissions') ? 'THM2010' : 'THM2004';
      return finding(code, `${place} is ${found}.`, `It has to be ${expected}.`);
    }
  }
}

function pathFindings({ files }: ReleaseManifest): Finding[] {
  return files.flatMap(({ path }, index) => {
    const problem = pathProblem(path);
    if (problem !== undefined)
      return [finding('THM2006', `files[${index}].path ${JSON.stringify(path)} is refused: ${problem}.`)];
    return isReservedReleasePath(path)
      ? [finding('THM2007', `files[${index}].path ${path} is a name that Themis itself uses.`)]
      : [];
  });
}

function collisionFindings({ files }: ReleaseManifest): Finding[] {
  return caseCollisions(files.map(({ path }) => path)).map(([first, second]) =>
    first === second
      ? finding('THM2008', `${JSON.stringify(first)} is listed twice.`)
      : finding(
          'THM2009',
          `${JSON.stringify(first)} and ${JSON.stringify(second)} are one path where case is ignored, or a file and a directory of one name.`,
        ),
  );
}

function orderFindings({ files }: ReleaseManifest): Finding[] {
  const index = files.findIndex(
    ({ path }, position) => position > 0 && compareText(files[position - 1]!.path, path) > 0,
  );
  return index === -1
    ? []
    : [finding('THM2011', `files[${index}].path stands out of order; files are sorted by path.`)];
}

function sizeFindings({ files }: ReleaseManifest): Finding[] {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (totalBytes <= releaseLimits.totalBytes) return [];
  return [
    finding('THM2005', `The files have ${totalBytes} bytes in all; at most ${releaseLimits.totalBytes} are allowed.`),
  ];
}

function dependencyFindings({ package: self, dependencies }: ReleaseManifest): Finding[] {
  const seen = new Set<string>([self]);
  return dependencies.flatMap((dependency, index) => {
    if (seen.has(dependency.package))
      return [
        finding(
          'THM2013',
          `dependencies[${index}] names ${dependency.package}, the package itself or one named before.`,
        ),
      ];
    seen.add(dependency.package);
    return [];
  });
}

function probeFindings({ probes = [] }: ReleaseManifest): Finding[] {
  const seen = new Set<string>();
  return probes.flatMap(({ name, database }, index) => {
    const key = `${database} ${name}`;
    if (seen.has(key))
      return [finding('THM2014', `probes[${index}] is called ${name}, as one before it for database ${database} is.`)];
    seen.add(key);
    return [];
  });
}

function hashFindings(manifest: ReleaseManifest): Finding[] {
  const actual = manifestHashOf(manifest);
  if (actual === manifest.manifestHash) return [];
  return [
    finding(
      'THM2012',
      `manifestHash is ${manifest.manifestHash}, but the manifest hashes to ${actual}.`,
      'Build the release again; a manifest is not edited by hand.',
    ),
  ];
}

function finding(code: FindingCode, summary: string, fix?: string): Finding {
  return { severity: 'error', code, summary, ...(fix === undefined ? {} : { fix }) };
}

function refusal(code: TrustCode, findings: readonly Finding[]): ManifestRefusal {
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return { ok: false, code, message: `${findings[0]!.summary}${more}`, findings };
}
