/**
 * The lock against the Fleet and the catalogue. A plan for apply uses only what the lock pins, so a lock that is
 * missing or does not satisfy the Fleet is a finding that shows what it would hold.
 */
import { compareText, type Finding, type SourceSpan } from '../kernel/finding.ts';
import type { Desired, Lock, LockedPackage } from '../model/desired.ts';
import type { Catalogue, ReleaseManifest } from '../model/release.ts';
import { mayMeet } from '../resolve/platform.ts';
import { givenTo, platformClasses } from '../resolve/platform-classes.ts';
import { resolveLock } from '../resolve/resolve-lock.ts';
import { satisfies } from '../resolve/version-match.ts';

export function checkLock(desired: Desired, catalogue: Catalogue): readonly Finding[] {
  const { lock, fleet, sources } = desired;
  const resolved = resolveLock(desired, catalogue, lock === undefined ? {} : { pins: lock.packages });
  if (lock === undefined) return [missingLock(desired, resolved.lock.packages), ...resolved.findings];
  const findings: Finding[] = [];
  for (const [name, range] of Object.entries(fleet.packages).sort(([a], [b]) => compareText(a, b))) {
    const wanted = resolved.lock.packages.filter((pin) => pin.package === name);
    const pins = lock.packages.filter((pin) => pin.package === name);
    const bad = pins.find((pin) => !satisfies(pin.version, range));
    if (bad === undefined && pins.length > 0) continue;
    const has =
      bad === undefined ? `does not pin ${name}` : `pins ${name} ${bad.version}, which does not satisfy "${range}"`;
    const source = sources.get(bad === undefined ? `package/${name}` : `lock/${name}`) ?? sources.get('lock');
    findings.push(unsatisfied(`The lock ${has}. ${wouldHold(wanted)}`, source));
  }
  for (const pin of lock.packages) findings.push(...checkPin(desired, pin, catalogue));
  findings.push(...checkNeeds(desired, lock, catalogue));
  // What resolving says concerns a lock that is being written; here it counts only where no pin stands.
  return findings.some(({ code }) => code === 'THM1302') ? [...findings, ...resolved.findings] : findings;
}

function unsatisfied(summary: string, source: SourceSpan | undefined): Finding {
  return {
    severity: 'error',
    code: 'THM1302',
    summary,
    fix: 'Run "themis lock" and commit themis.lock.yaml.',
    ...(source === undefined ? {} : { source }),
  };
}

/** What pinned releases need must be pinned beside them, and nothing else. */
function checkNeeds({ fleet, sources }: Desired, lock: Lock, catalogue: Catalogue): readonly Finding[] {
  const manifests = new Map<string, ReleaseManifest>(catalogue.releases.map((one) => [one.manifestHash, one]));
  const byName = Map.groupBy(lock.packages, (pin) => pin.package);
  const found = new Map<string, Finding>();
  const needed = new Set(Object.keys(fleet.packages));
  const classes = platformClasses(lock.packages);
  // The set grows while it is walked: what is needed needs things in turn.
  for (const name of needed) {
    for (const pin of byName.get(name) ?? []) {
      for (const { package: other, versionConstraint, optional } of manifests.get(pin.manifestHash)?.dependencies ??
        []) {
        if (!optional) needed.add(other);
        const pins = byName.get(other) ?? [];
        const beside = classes
          .filter((platform) => givenTo(platform, byName.get(name)!) === pin)
          .map((platform) => givenTo(platform, pins));
        const wrong = beside.find((one) => one !== undefined && !satisfies(one.version, versionConstraint));
        if (wrong === undefined && (optional || pins.some((one) => mayMeet(one, pin)))) continue;
        const has = wrong === undefined ? `does not pin ${other}` : `pins ${wrong.version}`;
        const summary = `${name} ${pin.version} needs ${other} ${versionConstraint}, but the lock ${has}.`;
        found.set(summary, unsatisfied(summary, sources.get(`lock/${name}`)));
      }
    }
  }
  for (const { package: name } of lock.packages) {
    if (needed.has(name)) continue;
    const source = sources.get(`lock/${name}`);
    found.set(`more ${name}`, {
      severity: 'warning',
      code: 'THM1303',
      summary: `The lock pins "${name}", which neither the Fleet lists nor any of its packages needs.`,
      fix: 'Run "themis lock" to drop the pin.',
      ...(source === undefined ? {} : { source }),
    });
  }
  return [...found.values()];
}

function missingLock(desired: Desired, pins: readonly LockedPackage[]): Finding {
  const source = desired.sources.get('fleet');
  return {
    severity: 'error',
    code: 'THM1301',
    summary: `There is no themis.lock.yaml, so nothing may run. ${wouldHold(pins)}`,
    fix: 'Run "themis lock" and commit themis.lock.yaml.',
    ...(source === undefined ? {} : { source }),
  };
}

function wouldHold(pins: readonly LockedPackage[]): string {
  if (pins.length === 0) return 'No release would satisfy it.';
  const list = pins.map(
    (pin) => `${pin.package} ${pin.version} for ${pin.platform}/${pin.architecture} (${pin.manifestHash})`,
  );
  return `It would hold ${list.join(', ')}.`;
}

function checkPin(desired: Desired, pin: LockedPackage, catalogue: Catalogue): readonly Finding[] {
  const source = desired.sources.get(`lock/${pin.package}`);
  const place = source === undefined ? {} : { source };
  const what = `${pin.package} ${pin.version} for ${pin.platform}/${pin.architecture}`;
  if (catalogue.yanked.includes(pin.manifestHash)) {
    const fix = 'Run "themis lock" for another version; nodes that run it are left alone until then.';
    return [
      { severity: 'error', code: 'THM1306', summary: `The lock pins ${what}, which was withdrawn.`, fix, ...place },
    ];
  }
  if (catalogue.releases.some((release) => release.manifestHash === pin.manifestHash)) return [];
  const same = catalogue.releases.find(
    (release) =>
      release.package === pin.package &&
      release.version === pin.version &&
      release.platform === pin.platform &&
      release.architecture === pin.architecture,
  );
  const summary =
    same === undefined
      ? `The lock pins ${what}, which the releases do not hold.`
      : `The lock pins ${what} with manifest ${pin.manifestHash}, but the releases hold ${same.manifestHash} under that version.`;
  const fix =
    same === undefined
      ? 'Publish the release again, or run "themis lock".'
      : 'A published release never changes: find out who replaced it before you run "themis lock".';
  return [{ severity: 'error', code: 'THM1304', summary, fix, ...place }];
}
