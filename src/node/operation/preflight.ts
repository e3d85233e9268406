/**
 * Everything that can be refused before an operation is accepted, cheapest first. Only reads: after a refusal the
 * node is as it was, and the same operation may be asked for again.
 */
import { ThemisError } from '../../kernel/error.ts';
import { caseCollisions } from '../../kernel/path-guard.ts';
import type { ExpectedState, NodeRequest } from '../../model/message.ts';
import type { ReleaseManifest } from '../../model/release.ts';
import { admits } from '../../resolve/minor-step.ts';
import { toTrustError } from '../../trust/refusal.ts';
import type { NodeContext } from '../context.ts';
import { findDrift } from '../drift.ts';
import { ancestorsOf } from '../layout.ts';
import { readInstalled } from '../state/installed.ts';
import type { Installed, InstalledRecord, InstalledRecords } from '../state/installed.ts';
import { readRecord } from '../state/node-record.ts';
import { readRestorePoint, verifyObjects } from '../state/restore-point.ts';
import { checkOwnPlaces } from '../trust/own-places.ts';
import { historyOf } from '../trust/history.ts';
import { finishRotation } from '../trust/rotate-anchors.ts';
import { readTrust } from '../trust/trust-files.ts';
import { requireOffer, verifyStagedRelease } from '../trust/verify-staged.ts';
import { readTarget } from './operation.ts';
import { payloadBytes, readStagedManifest, verifyStagedFiles } from './staged-release.ts';
import { refuseLinks } from './switch-tree.ts';
import { claimedPaths, packagesAfter } from './tree-plan.ts';
import type { Target } from './tree-plan.ts';

type Of<K extends NodeRequest['kind']> = Extract<NodeRequest, { kind: K }>;

/** `unchanged`: the node already is where the request leads, files included. */
export async function preflightUpdate(context: NodeContext, request: Of<'update'>): Promise<'go' | 'unchanged'> {
  await finishRotation(context);
  const record = await readRecord(context);
  const trust = await readTrust(context, record);
  const installed = await readInstalled(context);
  const there = request.releases.every(
    (release) => installed.packages[release.package]?.manifestHash === release.manifestHash,
  );
  if (there && (await findDrift(context, installed, true)).length === 0) return 'unchanged';
  refuseUnexpected(context, installed, request.expected);
  if (new Set(request.releases.map((release) => release.package)).size < request.releases.length) {
    throw new ThemisError('MESSAGE_INVALID', 'The update names a package twice.');
  }
  const target = await readTarget(context, { releases: request.releases, restoreTo: null });
  let sizeBytes = 0;
  for (const release of request.releases) {
    const manifest = await readStagedManifest(context, release);
    await verifyStagedFiles(context, manifest);
    const history = await historyOf(context, release.manifestHash);
    requireOffer(context, record, release, history);
    // Staged before the node went on to a newer one, perhaps, or before its signer was revoked.
    await verifyStagedRelease(context, record, trust, release, history);
    refuseUpgradeFrom(manifest, installed.packages[release.package]);
    sizeBytes += payloadBytes(context, manifest);
  }
  await checkTree(context, installed, target);
  await refuseTaken(context, installed, request.restorePoint);
  await refuseFull(context, sizeBytes);
  return 'go';
}

export async function preflightRollback(context: NodeContext, request: Of<'rollback'>): Promise<'go' | 'unchanged'> {
  if (request.keep === request.restorePoint) {
    throw new ThemisError('MESSAGE_INVALID', 'A rollback cannot keep the present state under the name it returns to.');
  }
  // A restore point needs no signature: that nobody else wrote it is what it rests on.
  await checkOwnPlaces(context);
  const point = await readRestorePoint(context, request.restorePoint);
  await verifyObjects(context, point);
  const installed = await readInstalled(context);
  if (await isAt(context, installed, point.packages)) return 'unchanged';
  await checkTree(context, installed, { kind: 'restore-point', point });
  if (request.keep !== null) await refuseTaken(context, installed, request.keep);
  await refuseFull(context, point.sizeBytes);
  return 'go';
}

async function isAt(context: NodeContext, installed: Installed, packages: InstalledRecords): Promise<boolean> {
  const names = Object.keys(packages);
  if (names.length !== Object.keys(installed.packages).length) return false;
  const same = names.every((name) => installed.packages[name]?.manifestHash === packages[name]?.manifestHash);
  return same && (await findDrift(context, installed, true)).length === 0;
}

/** RELEASE_UPGRADE_FROM: the release says from which version on it may take the place of another. */
function refuseUpgradeFrom(manifest: ReleaseManifest, installed: InstalledRecord | undefined): void {
  if (installed === undefined || installed.manifestHash === manifest.manifestHash) return;
  if (admits(installed.version, manifest)) return;
  const { package: name, version, minUpgradeFrom } = manifest;
  throw toTrustError({
    code: 'RELEASE_UPGRADE_FROM',
    message: `${name} ${version} upgrades from ${minUpgradeFrom} or later; ${installed.version} is installed.`,
    fix: 'Go through a release in between; themis plan finds the way.',
  });
}

/** UNEXPECTED_STATE: the node is not as it was when the step was planned. */
function refuseUnexpected(context: NodeContext, installed: Installed, expected: ExpectedState): void {
  const names = new Set([...Object.keys(expected), ...Object.keys(installed.packages)]);
  for (const name of [...names].sort()) {
    const record = Object.hasOwn(installed.packages, name) ? installed.packages[name] : undefined;
    const wanted = Object.hasOwn(expected, name) ? expected[name] : undefined;
    if (record?.manifestHash === wanted) continue;
    const found = record === undefined ? 'not installed' : `${record.version} (${record.manifestHash})`;
    throw new ThemisError(
      'UNEXPECTED_STATE',
      `${context.config.name}: ${name} is ${found}, but ${wanted ?? 'nothing'} was expected.`,
      { hint: 'Plan again.' },
    );
  }
}

/** Packages that claim each other's files, and anything at an owned place that is no plain file. */
async function checkTree(context: NodeContext, installed: Installed, target: Target): Promise<void> {
  const after = packagesAfter(installed.packages, target);
  const owner = new Map<string, string>();
  for (const [name, record] of Object.entries(after)) {
    for (const path of Object.keys(record.files)) {
      const other = owner.get(path);
      if (other !== undefined) {
        throw new ThemisError('MANIFEST_INVALID', `Packages ${other} and ${name} both claim ${path}.`);
      }
      owner.set(path, name);
    }
  }
  const [collision] = caseCollisions([...owner.keys()]);
  if (collision !== undefined) {
    throw new ThemisError('PATH_CASE_COLLISION', `Installed side by side: ${collision[0]} and ${collision[1]}.`);
  }
  const owned = Object.values(installed.packages).flatMap((record) => Object.keys(record.files));
  const paths = [...new Set([...owned, ...claimedPaths(target)])].sort();
  await refuseLinks(context, [...new Set(paths.flatMap(ancestorsOf))].sort());
  await refuseLinks(context, paths);
  for (const path of paths) {
    const file = context.layout.inInstall(path);
    const stat = await context.files.lstat(file);
    if (stat === null || stat.kind === 'file') continue;
    // A directory may stand where a file will be, if it only holds what goes.
    const holdsOwned = owned.some((other) => other.startsWith(`${path}/`));
    if (stat.kind !== 'directory' || !holdsOwned) {
      throw new ThemisError('UNEXPECTED_STATE', `${file} is a ${stat.kind}, not a file.`, { hint: 'Move it away.' });
    }
    await refuseForeign(context, path, new Set(owned));
  }
}

/** What nobody installed is not removed, so the directory that holds it cannot give way to a file. */
async function refuseForeign(
  { files, layout }: Pick<NodeContext, 'files' | 'layout'>,
  path: string,
  owned: ReadonlySet<string>,
): Promise<void> {
  const names = await files.readDirectory(layout.inInstall(path));
  for (const name of names) {
    const inner = `${path}/${name}`;
    if (owned.has(inner)) continue;
    const stat = await files.lstat(layout.inInstall(inner));
    const isAbove = stat?.kind === 'directory' && [...owned].some((other) => other.startsWith(`${inner}/`));
    if (!isAbove) {
      throw new ThemisError('UNEXPECTED_STATE', `${layout.inInstall(inner)} is in the way of the new file ${path}.`, {
        hint: 'Move it away.',
      });
    }
    await refuseForeign({ files, layout }, inner, owned);
  }
}

/** A name that already stands for other packages must not come to mean these. */
async function refuseTaken(context: NodeContext, installed: Installed, id: string): Promise<void> {
  if ((await context.files.lstat(context.layout.restorePoint(id))) === null) return;
  const point = await readRestorePoint(context, id);
  const names = Object.keys(point.packages);
  const same =
    names.length === Object.keys(installed.packages).length &&
    names.every((name) => installed.packages[name]?.manifestHash === point.packages[name]?.manifestHash);
  if (same) return;
  throw new ThemisError('UNEXPECTED_STATE', `Restore point ${id} on ${context.config.name} holds another state.`, {
    hint: 'Plan again.',
  });
}

async function refuseFull(context: NodeContext, sizeBytes: number): Promise<void> {
  const neededBytes = Math.ceil(sizeBytes * context.config.limits.freeSpaceFactor);
  for (const directory of [context.layout.install, context.layout.state]) {
    const { freeBytes } = await context.files.freeSpace(directory);
    if (freeBytes >= neededBytes) continue;
    throw new ThemisError('NO_SPACE', `${directory} has ${freeBytes} bytes free; the change needs ${neededBytes}.`, {
      hint: 'Free space on this disk, or remove restore points with: themis node prune',
    });
  }
}
