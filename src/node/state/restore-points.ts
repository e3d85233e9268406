/**
 * The collection of restore points: listing, dropping, and collecting objects that no manifest names. A manifest
 * goes before its objects, so a crash in between leaves garbage, never a restore point without bytes.
 */
import type { NodeContext } from '../context.ts';
import { compareText } from '../../kernel/finding.ts';
import { removeDurably } from './durable-file.ts';
import { readRestorePoint } from './restore-point.ts';
import type { RestorePoint } from './restore-point.ts';

/** Newest first. `damaged`: ids whose manifest cannot be believed; they are neither listed nor collected. */
export async function listRestorePoints(
  context: NodeContext,
): Promise<{ readonly points: readonly RestorePoint[]; readonly damaged: readonly string[] }> {
  const points: RestorePoint[] = [];
  const damaged: string[] = [];
  for (const name of await namesIn(context, context.layout.restorePoints)) {
    if (!name.endsWith('.json')) continue;
    const id = name.slice(0, -'.json'.length);
    try {
      points.push(await readRestorePoint(context, id));
    } catch {
      damaged.push(id);
    }
  }
  points.sort((a, b) => compareText(b.createdAt, a.createdAt) || compareText(a.id, b.id));
  return { points, damaged };
}

export async function removeRestorePoint(context: NodeContext, id: string): Promise<void> {
  await removeDurably(context.files, context.layout.restorePoint(id));
}

/** Removes objects that no restore point names; returns the bytes freed. With a damaged manifest about, removes nothing. */
export async function collectObjects(context: NodeContext): Promise<number> {
  const { files, layout } = context;
  const { points, damaged } = await listRestorePoints(context);
  if (damaged.length > 0) return 0;
  const named = new Set(points.flatMap((point) => Object.values(point.files).map((file) => file.sha256)));
  let freedBytes = 0;
  for (const name of await namesIn(context, layout.objects)) {
    if (named.has(name)) continue;
    const path = `${layout.objects}/${name}`;
    freedBytes += (await files.lstat(path))?.sizeBytes ?? 0;
    await files.removeFile(path);
  }
  return freedBytes;
}

async function namesIn({ files }: NodeContext, directory: string): Promise<readonly string[]> {
  return (await files.lstat(directory)) === null ? [] : files.readDirectory(directory);
}
