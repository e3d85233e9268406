/**
 * Room that an operation keeps free for itself: for its journal, the record of what is installed and the start of the
 * service, so that a disk that fills up meanwhile does not keep a node that is down from coming back.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { NodeContext } from '../context.ts';
import { readInstalled } from '../state/installed.ts';
import type { InstalledRecords } from '../state/installed.ts';
import { packagesAfter } from './tree-plan.ts';
import type { Target } from './tree-plan.ts';

const journalBytes = 64 * 1024;
/** Of `installed.json`, with its stamp. */
const bytesPerFile = 1024;

export async function keepReserve(context: NodeContext, target: Target): Promise<void> {
  const { files, layout } = context;
  const { packages } = await readInstalled(context);
  const fileCount = Math.max(countFiles(packages), countFiles(packagesAfter(packages, target)));
  await files.writeFile(layout.reserve, new Uint8Array(journalBytes + bytesPerFile * fileCount), 0o600);
  await files.syncFile(layout.reserve);
}

/** False when it was given up before. */
export async function giveUpReserve({ files, layout }: Pick<NodeContext, 'files' | 'layout'>): Promise<boolean> {
  if ((await files.lstat(layout.reserve)) === null) return false;
  await files.removeFile(layout.reserve);
  return true;
}

export function isNoSpace(error: unknown): boolean {
  return error instanceof ThemisError && error.code === 'NO_SPACE';
}

function countFiles(packages: InstalledRecords): number {
  return Object.values(packages).reduce((sum, record) => sum + Object.keys(record.files).length, 0);
}
