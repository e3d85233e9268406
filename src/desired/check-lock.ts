/**
 * The lock against the Fleet and the catalogue. A plan for apply uses only what the lock pins, so a lock that is
 * missing or does not satisfy the Fleet is a finding that shows what it would hold.
 */
import semver from 'semver';
import { compareText, type Finding } from '../kernel/finding.ts';
import type { Desired, LockedPackage } from '../model/desired.ts';
import type { Catalogue } from '../model/release.ts';
import { resolveLock } from '../resolve/resolve-lock.ts';

export function checkLock(desired: Desired, catalogue: Catalogue): readonly Finding[] {
  const { lock, fleet, sources } = desired;
  const resolved = resolveLock(desired, catalogue);
  if (lock === undefined) return [missingLock(desired, resolved.lock.packages), ...resolved.findings];
  const findings: Finding[] = [];
  for (const [name, range] of Object.entries(fleet.packages).sort(([a], [b]) => compareText(a, b))) {
    const wanted = resolved.lock.packages.filter((pin) => pin.package === name);
    const pins = lock.packages.filter((pin) => pin.package === name);
    const bad = pins.find((pin) => !semver.satisfies(pin.version, range));
    if (bad === undefined && pins.length > 0) continue;
    const has =
      bad === undefined ? `does not pin ${name}` : `pins ${name} ${bad.version}, which does not satisfy "${range}"`;
    const source = sources.get(bad === undefined ? `package/${name}` : `lock/${name}`) ?? sources.get('lock');
    findings.push({
      severity: 'error',
      code: 'THM1302',
      summary: `The lock ${has}. ${wouldHold(wanted)}`,
      fix: 'Run "themis lock" and commit themis.lock.yaml.',
      ...(source === undefined ? {} : { source }),
    });
  }
  for (const pin of lock.packages) findings.push(...checkPin(desired, pin, catalogue));
  // What resolving says concerns a lock that is being written; here it counts only where no pin stands.
  return findings.some(({ code }) => code === 'THM1302') ? [...findings, ...resolved.findings] : findings;
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
  if (!Object.hasOwn(desired.fleet.packages, pin.package)) return [];
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
