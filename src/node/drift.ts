import { hexOf } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import { compareText } from '../kernel/finding.ts';
import type { FileDrift } from '../model/observed.ts';
import type { NodeContext } from './context.ts';
import { cachedHash } from './state/installed.ts';
import type { FileState, Installed } from './state/installed.ts';
import { eachBounded } from './state/each-bounded.ts';

const readsAtOnce = 4;

/**
 * Files that are not what their package says, sorted by path. A file whose stat is the one on record is not read,
 * unless `full`; one that moved is hashed. Changes nothing, the stat cache included.
 */
export async function findDrift(context: NodeContext, installed: Installed, full: boolean): Promise<FileDrift[]> {
  const files = Object.entries(installed.packages).flatMap(([name, record]) =>
    Object.entries(record.files).map(([path, wanted]) => ({ name, path, wanted })),
  );
  const drift: FileDrift[] = [];
  await eachBounded(files, readsAtOnce, async ({ name, path, wanted }) => {
    const problem = await problemOf(context, installed, path, wanted, full);
    if (problem !== undefined) drift.push({ package: name, path, problem });
  });
  return drift.sort((a, b) => compareText(a.path, b.path));
}

async function problemOf(
  context: NodeContext,
  installed: Installed,
  path: string,
  wanted: FileState,
  full: boolean,
): Promise<FileDrift['problem'] | undefined> {
  const file = context.layout.inInstall(path);
  const stat = await context.files.lstat(file);
  if (stat === null) return 'missing';
  if (stat.kind !== 'file') return 'type';
  if (stat.sizeBytes !== wanted.sizeBytes) return 'changed';
  const cached = full ? undefined : cachedHash(installed, path, stat);
  const sha256 = cached ?? (await hashOf(context, file));
  if (sha256 === null) return 'missing';
  if (sha256 !== wanted.sha256) return 'changed';
  return stat.mode === wanted.mode ? undefined : 'mode';
}

/** null when it has gone since: an operation may be at work. */
async function hashOf(context: NodeContext, file: string): Promise<string | null> {
  try {
    return hexOf((await context.files.digestFile(file)).digest);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
