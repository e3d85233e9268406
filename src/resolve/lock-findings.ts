/** What there is to say about a resolution, in findings. */
import semver from 'semver';
import type { Finding, SourceSpan } from '../kernel/finding.ts';
import type { ReleaseManifest } from '../model/release.ts';
import type { Explanation } from './explain/explain.ts';
import { factLines } from './explain/fact-lines.ts';
import { joined } from './explain/phrases.ts';
import { comparePins, pinOf } from './pin.ts';
import { platformText } from './platform.ts';
import type { ReleaseFact, ReleaseProblem, Want } from './universe/release-problem.ts';
import { satisfies } from './version-match.ts';

type Sources = ReadonlyMap<string, SourceSpan>;

function at(source: SourceSpan | undefined): Pick<Finding, 'source'> {
  return source === undefined ? {} : { source };
}

/** `releases`: of the package, withdrawn ones too. */
export function noRelease(
  { package: name, range, source }: Want,
  releases: readonly ReleaseManifest[],
  yanked: ReadonlySet<string>,
): Finding {
  const usable = releases.filter(({ manifestHash }) => !yanked.has(manifestHash));
  const versions = [...new Set(usable.map(({ version }) => version))].sort(semver.rcompare);
  const known = versions.length > 5 ? [...versions.slice(0, 5), `${versions.length - 5} older`] : versions;
  const withdrawn = releases.some((release) => satisfies(release.version, range));
  const summary = withdrawn
    ? `Every release of ${name} that satisfies "${range}" was withdrawn.`
    : `No release of ${name} satisfies "${range}".`;
  const fix =
    known.length === 0
      ? `Publish a release of ${name}, or remove the package.`
      : `Releases are ${known.join(', ')}. Change the range, or publish one that satisfies it.`;
  return { severity: 'error', code: 'THM1307', summary, fix, ...at(source) };
}

/**
 * `where`: the platforms it concerns, when not all. With `others`, platforms within it that were resolved, it is only a
 * warning.
 */
export function unsolvable(
  { explanation, problem }: { readonly explanation: Explanation; readonly problem: ReleaseProblem },
  where: string | undefined,
  others: readonly string[],
): Finding {
  const wants = explanation.facts.filter((fact) => fact.kind === 'wants');
  const excludes = explanation.facts.some(({ kind }) => kind === 'excludes');
  const platform = where === undefined ? '' : ` on ${where}`;
  const rest = others.length === 0 ? '' : `; only nodes of ${joined(others)} get packages`;
  const named = wants.map((want) => `${want.package} "${want.range}"`);
  const summary =
    wants.length === 1
      ? `No release of ${wants[0]!.package} that satisfies "${wants[0]!.range}" can be installed${platform}${rest}.`
      : `No releases satisfy ${joined(named)} together${platform}${rest}.`;
  const more = wants
    .slice(1)
    .flatMap(({ package: name, range, source }) =>
      source === undefined ? [] : [{ source, note: `the Fleet wants ${name} ${range}` }],
    );
  return {
    severity: others.length > 0 ? 'warning' : 'error',
    code: others.length > 0 ? 'THM1308' : excludes ? 'THM1310' : 'THM1309',
    summary,
    details: [
      ...explanation.sentences,
      'What it follows from:',
      ...factLines(explanation.facts, problem),
      ...(explanation.isMinimal ? [] : ['Not all of this may count: the search for less was given up.']),
    ],
    fix: unsolvableFix(wants, explanation.facts),
    ...at(wants[0]?.source),
    ...(more.length === 0 ? {} : { related: more }),
  };
}

function unsolvableFix(wants: readonly Want[], facts: readonly ReleaseFact[]): string {
  const names = wants.map((want) => want.package);
  const missing = facts.find((fact) => fact.kind === 'withdrawn');
  const others = [...new Set(facts.map(subjectOf))];
  const fitting = others.length > 3 ? 'releases that fit together' : `a release of ${joined(others, 'or')} that fits`;
  const publish =
    missing === undefined ? fitting : `a release in place of ${missing.release.package} ${missing.release.version}`;
  return `Change the range of ${joined(names, 'or')} in spec.packages, or publish ${publish}.`;
}

function subjectOf(fact: ReleaseFact): string {
  return fact.kind === 'wants' ? fact.package : fact.release.package;
}

export function searchGivenUp(wants: readonly Want[], steps: number, where: string | undefined): Finding {
  const names = wants.map((want) => want.package);
  const shown = names.length > 5 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return {
    severity: 'error',
    code: 'THM1311',
    summary: `The search for releases of ${joined(shown)}${where === undefined ? '' : ` on ${where}`} was given up after ${steps} steps.`,
    fix: 'Write exact versions for some packages in spec.packages, which leaves less to search.',
    ...at(wants[0]?.source),
  };
}

/** Nodes of two platforms would run two versions: legal while a port is late, but worth a word. */
export function unevenPlatforms(sources: Sources, releases: readonly ReleaseManifest[]): readonly Finding[] {
  if (new Set(releases.map(({ version }) => version)).size === 1) return [];
  const name = releases[0]!.package;
  const list = [...releases].sort((a, b) => comparePins(pinOf(a), pinOf(b)));
  return [
    {
      severity: 'warning',
      code: 'THM1308',
      summary: `Platforms get different versions of ${name}: ${list.map((release) => `${platformText(release)} ${release.version}`).join(', ')}.`,
      fix: 'Publish the missing builds, or narrow the range to a version that every platform has.',
      ...at(sources.get(`package/${name}`)),
    },
  ];
}

export function keptWithdrawn(
  sources: Sources,
  releases: readonly ReleaseManifest[],
  yanked: ReadonlySet<string>,
): readonly Finding[] {
  return releases
    .filter(({ manifestHash }) => yanked.has(manifestHash))
    .map((release) => ({
      severity: 'warning',
      code: 'THM1313',
      summary: `${release.package} ${release.version} was withdrawn and stays, because nothing else fits; it is put on no further node.`,
      fix: 'Publish a release in its place, or widen the range that asks for it.',
      ...at(sources.get(`package/${release.package}`)),
    }));
}
