import { type Finding } from '../../kernel/finding.ts';
import type { ReleaseManifest } from '../../model/release.ts';

type Machine = Pick<ReleaseManifest, 'platform' | 'architecture'>;

/**
 * THM2023, for manifests sorted by package and version: a node that has a lower version refuses a higher one whose counter
 * is not higher, so the higher one is offered to nobody who follows the order. What is withdrawn is offered to nobody, and
 * releases for machines that have nothing in common never meet.
 */
export function counterFindings(manifests: readonly ReleaseManifest[]): Finding[] {
  const findings: Finding[] = [];
  /** Of the lower versions: the highest counter a machine. */
  let before = new Map<string, ReleaseManifest>();
  let pending: ReleaseManifest[] = [];
  for (const manifest of manifests) {
    const [last] = pending;
    if (last !== undefined && (last.package !== manifest.package || last.version !== manifest.version)) {
      if (last.package === manifest.package) for (const each of pending) keepHighest(before, each);
      else before = new Map();
      pending = [];
    }
    pending.push(manifest);
    const lower = [...before.values()]
      .filter((each) => each.counter >= manifest.counter && meet(each, manifest))
      .sort((a, b) => b.counter - a.counter)[0];
    if (lower !== undefined) findings.push(findingOf(manifest, lower));
  }
  return findings;
}

function keepHighest(highest: Map<string, ReleaseManifest>, manifest: ReleaseManifest): void {
  const key = `${manifest.platform} ${manifest.architecture}`;
  if ((highest.get(key)?.counter ?? -1) < manifest.counter) highest.set(key, manifest);
}

function meet(a: Machine, b: Machine): boolean {
  return (['platform', 'architecture'] as const).every(
    (field) => a[field] === 'any' || b[field] === 'any' || a[field] === b[field],
  );
}

function findingOf({ package: name, version, counter }: ReleaseManifest, lower: ReleaseManifest): Finding {
  return {
    severity: 'error',
    code: 'THM2023',
    summary: `${name} ${version} has counter ${counter}, ${lower.version} below it ${lower.counter}: a node that has ${lower.version} refuses ${version}.`,
    fix: `Withdraw it (--yank ${name}@${version}), and build what it holds as a new version, which takes the next counter; or delete ${lower.version} if nobody has it yet.`,
  };
}
