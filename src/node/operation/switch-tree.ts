/**
 * Brings the tree to one side of a plan, file by file: a durable copy renamed over the old file, removals first, each
 * directory synced once at the end. May be cut off anywhere and run again; nothing reads the tree until
 * `verifyTree` has hashed all of it. Never follows a symbolic link, neither as a file nor as a directory on the way.
 */
import { hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { NodeContext } from '../context.ts';
import { ancestorsOf, parentOf } from '../layout.ts';
import { eachBounded } from '../state/each-bounded.ts';
import { stampOf } from '../state/installed.ts';
import type { FileState, Stamps, StatStamp } from '../state/installed.ts';
import { readRestorePoint, verifyObjects } from '../state/restore-point.ts';
import type { Operation } from './operation.ts';
import { isNoSpace } from './reserve.ts';
import { isChange } from './tree-plan.ts';
import type { Side, TreeChange, TreePlan } from './tree-plan.ts';

const copiesAtOnce = 8;
const readsAtOnce = 4;

/** Makes durable copies of every file that changes, next to the tree, so that the switch itself only renames. */
export async function prepareCopies(operation: Operation): Promise<void> {
  const { context, spec } = operation;
  const { files, layout } = context;
  const { changes } = await operation.plan();
  const sources = await sourcesOf(operation);
  const work = layout.workOf(spec.operation);
  await files.removeTree(work);
  await files.makeDirectory(layout.work);
  await files.makeDirectory(work);
  const jobs = changes.map((change, index) => ({ change, index })).filter(({ change }) => isChange(change));
  const totalBytes = jobs.reduce((sum, { change }) => sum + (change.new?.sizeBytes ?? 0), 0);
  let doneBytes = 0;
  await eachBounded(jobs, copiesAtOnce, async ({ change, index }) => {
    if (change.new === null) return;
    const copy = `${work}/${index}`;
    const { digest } = await files.copyHashed(sources(change.path, change.new), copy, change.new.mode);
    if (hexOf(digest) !== change.new.sha256) {
      throw new ThemisError('FILE_HASH_MISMATCH', `The copy of ${change.path} is not what its manifest says.`);
    }
    await files.syncFile(copy);
    doneBytes += change.new.sizeBytes;
    operation.progress('prepare', doneBytes, totalBytes);
  });
  for (const directory of [work, layout.work, layout.install]) await files.syncDirectory(directory);
}

/** Where the bytes of a new file come from: the staged release or the objects of a restore point. */
async function sourcesOf(operation: Operation): Promise<(path: string, file: FileState) => string> {
  const { layout } = operation.context;
  const target = await operation.target();
  if (target.kind === 'restore-point') return (_path, file) => layout.object(file.sha256);
  const directories = new Map<string, string>();
  for (const record of Object.values(target.records)) {
    for (const path of Object.keys(record.files)) directories.set(path, layout.staged(record.manifestHash));
  }
  return (path) => `${directories.get(path)}/${path}`;
}

export async function switchForward(operation: Operation): Promise<void> {
  const { context, spec } = operation;
  const plan = await operation.plan();
  const work = context.layout.workOf(spec.operation);
  await bringTree(context, plan, 'new', async (change, index) => {
    if (!isChange(change) || change.new === null) return;
    const prepared = `${work}/${index}`;
    if ((await context.files.lstat(prepared)) !== null) {
      await context.files.rename(prepared, context.layout.inInstall(change.path));
    } else if (!(await isPresent(context, change.path, change.new))) {
      throw new ThemisError('IO', `The prepared copy of ${change.path} is gone.`);
    }
  });
}

/**
 * Back to the restore point. Everything it needs is verified before the first change; one copy at a time, and where the
 * disk is full the files that go anyway go first, so that it still serves.
 */
export async function switchBack(operation: Operation): Promise<void> {
  const { context, spec } = operation;
  const { files, layout } = context;
  const plan = await operation.plan();
  const wrong: string[] = [];
  for (const { path, old } of plan.changes) {
    if (old !== null && !(await isPresent(context, path, old))) wrong.push(path);
  }
  await verifyObjects(context, await readRestorePoint(context, spec.restorePoint), wrong);
  const work = layout.workOf(spec.operation);
  await files.removeTree(work);
  await files.makeDirectory(layout.work);
  await files.makeDirectory(work);
  const isWrong = new Set(wrong);
  await bringTree(context, plan, 'old', async ({ path, old }, index) => {
    if (old === null || !isWrong.has(path)) return;
    const copy = `${work}/back-${index}`;
    const place = async (): Promise<void> => {
      const { digest } = await files.copyHashed(layout.object(old.sha256), copy, old.mode);
      if (hexOf(digest) !== old.sha256) {
        throw new ThemisError('RESTORE_POINT_DAMAGED', `The kept bytes of ${path} changed while they were copied.`);
      }
      await files.syncFile(copy);
    };
    await place().catch(async (error: unknown) => {
      if (!isNoSpace(error)) throw error;
      await files.removeFile(copy);
      for (const other of isWrong) await removePlainFile(context, other);
      await place();
    });
    await files.rename(copy, layout.inInstall(path));
    isWrong.delete(path);
  });
}

async function removePlainFile({ files, layout }: NodeContext, path: string): Promise<void> {
  const file = layout.inInstall(path);
  if ((await files.lstat(file))?.kind === 'file') await files.removeFile(file);
}

/**
 * FILE_HASH_MISMATCH (new side) or UNEXPECTED_STATE unless every path of the plan is exactly what this side says, hashed
 * again where it lies: the service must not start on less.
 * Returns what each file looked like when its bytes were found right.
 */
export async function verifyTree(context: NodeContext, { changes }: TreePlan, side: Side): Promise<Stamps> {
  const stamps = new Map<string, StatStamp>();
  await eachBounded(changes, readsAtOnce, async ({ path, [side]: wanted }) => {
    const stamp = wanted === null ? null : await stampIfPresent(context, path, wanted);
    const gone = async (): Promise<boolean> =>
      (await context.files.lstat(context.layout.inInstall(path)))?.kind !== 'file';
    if (stamp !== null) stamps.set(path, stamp);
    else if (wanted !== null || !(await gone())) {
      // Of the new side: somebody changed it after it was verified.
      throw new ThemisError(
        side === 'new' ? 'FILE_HASH_MISMATCH' : 'UNEXPECTED_STATE',
        `${path} is not what the ${side === 'new' ? 'release' : 'restore point'} says; the service is not started.`,
      );
    }
  });
  return stamps;
}

/** For the stat cache: what each file looks like whose bytes are right, read again. */
export async function stampTree(context: NodeContext, { changes }: TreePlan, side: Side): Promise<Stamps> {
  const stamps = new Map<string, StatStamp>();
  await eachBounded(changes, readsAtOnce, async ({ path, [side]: wanted }) => {
    const stamp = wanted === null ? null : await stampIfPresent(context, path, wanted);
    if (stamp !== null) stamps.set(path, stamp);
  });
  return stamps;
}

async function isPresent(context: NodeContext, path: string, wanted: FileState): Promise<boolean> {
  return (await stampIfPresent(context, path, wanted)) !== null;
}

/** Looks before it reads: what changes meanwhile or later looks different from then on. */
async function stampIfPresent(
  { files, layout }: NodeContext,
  path: string,
  wanted: FileState,
): Promise<StatStamp | null> {
  const file = layout.inInstall(path);
  const stat = await files.lstat(file);
  if (stat?.kind !== 'file' || stat.sizeBytes !== wanted.sizeBytes || stat.mode !== wanted.mode) return null;
  const { sha256 } = wanted;
  return hexOf((await files.digestFile(file)).digest) === sha256 ? { ...stampOf(stat), sha256 } : null;
}

async function bringTree(
  context: NodeContext,
  plan: TreePlan,
  side: Side,
  place: (change: TreeChange, index: number) => Promise<void>,
): Promise<void> {
  const { files, layout } = context;
  // Each run syncs every directory that the change concerns: a run that was cut off may have left any of them un-synced.
  const touched = new Set<string>();
  for (const change of plan.changes) {
    if (side === 'new' && !isChange(change)) continue;
    for (const directory of ancestorsOf(change.path)) touched.add(directory);
  }
  await refuseLinks(context, [...touched]);
  await removeUnwanted(context, plan, side);
  const modes = plan.directories[side];
  const wanted = plan.changes.filter((change) => change[side] !== null);
  for (const directory of [...new Set(wanted.flatMap((change) => ancestorsOf(change.path)))].sort()) {
    // One that was not there before is of this operation's making, perhaps of a run that was cut off right after.
    const made = Object.hasOwn(plan.directories.old, directory) ? undefined : 0o755;
    await ensureDirectory(context, directory, Object.hasOwn(modes, directory) ? modes[directory] : made);
  }
  for (const [index, change] of plan.changes.entries()) await place(change, index);
  for (const directory of [...touched].sort()) {
    const path = layout.inInstall(directory);
    if ((await files.lstat(path))?.kind === 'directory') await files.syncDirectory(path);
  }
  await files.syncDirectory(layout.install);
}

/** Files that this side does not have, then the directories they leave empty, innermost first. */
async function removeUnwanted(context: NodeContext, plan: TreePlan, side: Side): Promise<void> {
  const { files, layout } = context;
  const kept = new Set(Object.keys(plan.directories[side]));
  const left = new Set<string>();
  for (const change of plan.changes) {
    if (change[side] !== null) {
      for (const directory of ancestorsOf(change.path)) kept.add(directory);
      continue;
    }
    await removePlainFile(context, change.path);
    for (const directory of ancestorsOf(change.path)) left.add(directory);
  }
  for (const directory of [...left].sort().reverse()) {
    const path = layout.inInstall(directory);
    if (kept.has(directory) || (await files.lstat(path))?.kind !== 'directory') continue;
    await files.removeEmptyDirectory(path);
  }
}

async function ensureDirectory(context: NodeContext, directory: string, mode: number | undefined): Promise<void> {
  const path = context.layout.inInstall(directory);
  const stat = await context.files.lstat(path);
  if (stat === null) await context.files.makeDirectory(path);
  else if (stat.kind !== 'directory') {
    throw new ThemisError('SYMLINK_REFUSED', `${path} is a ${stat.kind}, not a directory of ${parentOf(path)}.`);
  }
  if (mode !== undefined && (stat?.mode ?? 0o755) !== mode) await context.files.setMode(path, mode);
}

/** SYMLINK_REFUSED where a directory below the install directory is a link: what is written behind it lies elsewhere. */
export async function refuseLinks(context: NodeContext, directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    const path = context.layout.inInstall(directory);
    if ((await context.files.lstat(path))?.kind !== 'symlink') continue;
    throw new ThemisError('SYMLINK_REFUSED', `${path} is a symbolic link.`, {
      hint: 'Replace it by a directory, or move the node root to where it leads.',
    });
  }
}
