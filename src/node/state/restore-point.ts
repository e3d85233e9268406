/**
 * Restore points: the bytes and modes of every file a change may touch, as they were. Bytes lie once each in
 * `state/objects`, named by their hash; the manifest names them and carries a digest of itself. A restore point
 * counts only when all of it is durable, and is believed only byte by byte.
 */
import { digestJson, hexOf } from '../../kernel/digest.ts';
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import type { NodeContext } from '../context.ts';
import { ancestorsOf } from '../layout.ts';
import { readJson, writeJsonDurably } from './durable-file.ts';
import { eachBounded } from './each-bounded.ts';
import { cachedHash, readInstalled } from './installed.ts';
import type { FileState, InstalledRecords } from './installed.ts';

export interface RestorePoint {
  readonly formatVersion: '1.0';
  readonly id: string;
  /** RFC 3339 UTC. */
  readonly createdAt: string;
  /** Kept only while its operation is open. */
  readonly temporary: boolean;
  readonly packages: InstalledRecords;
  /** What really lay there, drift included; by path. Only what packages own, or are about to. */
  readonly files: Readonly<Record<string, FileState>>;
  /** Mode by path of each directory above them that existed. */
  readonly directories: Readonly<Record<string, number>>;
  readonly sizeBytes: number;
}

type Stored = RestorePoint & { readonly digest: Digest };

const copiesAtOnce = 8;

/** Makes it, durably. `claimed`: paths that the change will write besides what is installed. Runs again after a crash. */
export async function makeRestorePoint(
  context: NodeContext,
  { id, createdAt, temporary, claimed }: Pick<RestorePoint, 'id' | 'createdAt' | 'temporary'> & { claimed: string[] },
): Promise<RestorePoint> {
  const { files, layout } = context;
  const installed = await readInstalled(context);
  const owned = Object.values(installed.packages).flatMap((record) => Object.keys(record.files));
  const paths = [...new Set([...owned, ...claimed])].sort();
  const found = new Map<string, FileState>();
  await eachBounded(paths, copiesAtOnce, async (path, index) => {
    const source = layout.inInstall(path);
    const stat = await files.lstat(source);
    // A directory here is above files of its own; a release may put a file in its place.
    if (stat === null || stat.kind === 'directory') return;
    if (stat.kind !== 'file') throw new ThemisError('SYMLINK_REFUSED', `${source} is a ${stat.kind}, not a file.`);
    const known = cachedHash(installed, path, stat);
    const kept =
      known !== undefined && (await isIntact(context, known, stat.sizeBytes))
        ? { sha256: known, sizeBytes: stat.sizeBytes }
        : await keepObject(context, source, `${layout.objects}/.${id}-${index}`);
    found.set(path, { ...kept, mode: stat.mode });
  });
  await files.syncDirectory(layout.objects);
  const point: RestorePoint = {
    formatVersion: '1.0',
    id,
    createdAt,
    temporary,
    packages: installed.packages,
    files: Object.fromEntries(found),
    directories: await directoriesAbove(context, paths),
    sizeBytes: found.values().reduce((sum, file) => sum + file.sizeBytes, 0),
  };
  await writeJsonDurably(files, layout.restorePoint(id), { ...point, digest: digestJson(point) } satisfies Stored);
  return point;
}

/** RESTORE_POINT_MISSING, or RESTORE_POINT_DAMAGED when the manifest was edited. The objects are not looked at. */
export async function readRestorePoint(context: NodeContext, id: string): Promise<RestorePoint> {
  const path = context.layout.restorePoint(id);
  const damaged = (cause?: unknown): ThemisError =>
    new ThemisError(
      'RESTORE_POINT_DAMAGED',
      `The manifest of restore point ${id} on ${context.config.name} was changed.`,
      {
        cause,
      },
    );
  const stored = await readJson<Stored>(context.files, path).catch((error: unknown) => {
    throw damaged(error);
  });
  if (stored === null) {
    throw new ThemisError('RESTORE_POINT_MISSING', `${context.config.name} has no restore point ${id}.`, {
      hint: 'List them with: themis node restore-points',
    });
  }
  const { digest, ...point } = stored;
  const safe = [...Object.keys(point.files ?? {}), ...Object.keys(point.directories ?? {})].every(
    (file) => pathProblem(file) === undefined,
  );
  if (point.id !== id || !safe || digest !== digestJson(point)) throw damaged();
  return point;
}

/** Byte for byte. RESTORE_POINT_DAMAGED names the first object that is missing or changed. */
export async function verifyObjects(
  context: NodeContext,
  point: RestorePoint,
  paths: readonly string[] = Object.keys(point.files),
): Promise<void> {
  for (const path of paths) {
    const file = point.files[path];
    if (file === undefined || (await isIntact(context, file.sha256, file.sizeBytes))) continue;
    throw new ThemisError(
      'RESTORE_POINT_DAMAGED',
      `Restore point ${point.id} on ${context.config.name}: the kept bytes of ${path} are missing or changed.`,
    );
  }
}

async function isIntact(context: NodeContext, sha256: string, sizeBytes: number): Promise<boolean> {
  const object = context.layout.object(sha256);
  const stat = await context.files.lstat(object);
  if (stat?.kind !== 'file' || stat.sizeBytes !== sizeBytes) return false;
  return hexOf((await context.files.digestFile(object)).digest) === sha256;
}

/** Copies first and hashes the copy: the name is what was kept, even if the source changes meanwhile. */
async function keepObject(
  { files, layout }: NodeContext,
  source: string,
  fresh: string,
): Promise<Omit<FileState, 'mode'>> {
  await files.removeFile(fresh);
  await files.copyFile(source, fresh, 0o400);
  const { digest, sizeBytes } = await files.digestFile(fresh);
  await files.syncFile(fresh);
  await files.rename(fresh, layout.object(hexOf(digest)));
  return { sha256: hexOf(digest), sizeBytes };
}

async function directoriesAbove(context: NodeContext, paths: readonly string[]): Promise<Record<string, number>> {
  const modes = new Map<string, number>();
  for (const directory of [...new Set(paths.flatMap(ancestorsOf))].sort()) {
    const stat = await context.files.lstat(context.layout.inInstall(directory));
    if (stat?.kind === 'directory') modes.set(directory, stat.mode);
  }
  return Object.fromEntries(modes);
}
