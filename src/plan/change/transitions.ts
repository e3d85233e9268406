/**
 * The table of transitions: one package going from one manifest to another, compared file by file once, however many
 * nodes do it. Ids derive from the two manifests, so they are the same in every plan.
 */
import { digestJson, shortDigest } from '../../kernel/digest.ts';
import { compareText } from '../../kernel/finding.ts';
import type { InstalledPackage } from '../../model/observed.ts';
import type { Transition } from '../../model/plan.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';

export interface Transitions {
  /** `fromManifest` is undefined where the releases no longer hold what is installed: then every file counts as changed. */
  between(
    name: string,
    from: InstalledPackage | undefined,
    fromManifest: ReleaseManifest | undefined,
    to: InstalledPackage,
    toManifest: ReleaseManifest | undefined,
  ): Transition;
  get(id: string): Transition | undefined;
  /** Of these ids, sorted by package, from, to and id. */
  list(ids: ReadonlySet<string>): readonly Transition[];
}

export function createTransitions(): Transitions {
  const byPair = new Map<string, Transition>();
  const byId = new Map<string, Transition>();
  return {
    between(name, from, fromManifest, to, toManifest) {
      const pair = `${name} ${from?.manifestHash ?? ''} ${to.manifestHash}`;
      let transition = byPair.get(pair);
      if (transition === undefined) {
        transition = makeTransition(name, from, fromManifest, to, toManifest);
        byPair.set(pair, transition);
        byId.set(transition.id, transition);
      }
      return transition;
    },
    get: (id) => byId.get(id),
    list: (ids) =>
      [...byId.values()]
        .filter((transition) => ids.has(transition.id))
        .sort(
          (a, b) =>
            compareText(a.package, b.package) ||
            compareText(a.from ?? '', b.from ?? '') ||
            compareText(a.to, b.to) ||
            compareText(a.id, b.id),
        ),
  };
}

function makeTransition(
  name: string,
  from: InstalledPackage | undefined,
  fromManifest: ReleaseManifest | undefined,
  to: InstalledPackage,
  toManifest: ReleaseManifest | undefined,
): Transition {
  const hash = digestJson([name, from?.manifestHash ?? null, to.manifestHash]);
  const before = from === undefined ? [] : fromManifest?.files;
  const files = compareFiles(before, toManifest?.files ?? []);
  return {
    id: `${name}-${to.version}-${shortDigest(hash)}`,
    package: name,
    from: from?.version ?? null,
    to: to.version,
    manifestHash: to.manifestHash,
    files,
    // A switch stops and starts the service whenever it touches a file; a release that changes none needs neither.
    restart: files.add + files.change + files.remove > 0 || toManifest === undefined,
  };
}

/** `bytes`: of files that are new or have other content. A file whose mode alone differs is changed, at no bytes. */
function compareFiles(before: readonly ReleaseFile[] | undefined, after: readonly ReleaseFile[]): Transition['files'] {
  const counts = { add: 0, change: 0, remove: 0, bytes: 0 };
  if (before === undefined) {
    counts.change = after.length;
    for (const file of after) counts.bytes += file.sizeBytes;
    return counts;
  }
  const old = new Map(before.map((file) => [file.path, file]));
  for (const file of after) {
    const known = old.get(file.path);
    old.delete(file.path);
    if (known === undefined) counts.add += 1;
    else if (known.sha256 !== file.sha256 || known.permissions !== file.permissions) counts.change += 1;
    if (known?.sha256 !== file.sha256) counts.bytes += file.sizeBytes;
  }
  counts.remove = old.size;
  return counts;
}
