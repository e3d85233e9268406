/**
 * Makes a node root and fixes its trust anchors for good: no flag, variable, file from Git or message changes them
 * later. `state/node.json` is written last; with it the root is a node, without it the making starts again.
 */
import { stringify } from 'yaml';
import { digestBytes } from '../kernel/digest.ts';
import { ThemisError } from '../kernel/error.ts';
import type { FileSystem } from '../ports/file-system.ts';
import type { NodeDocument } from './config/node-config.ts';
import { readContext } from './context.ts';
import type { NodeContext } from './context.ts';
import type { NodeDeps } from './deps.ts';
import { configFileOf, parentOf } from './layout.ts';
import { writeDurably } from './state/durable-file.ts';
import { writeRecord } from './state/node-record.ts';
import { checkOwnPlaces, fixedRecordOf, fixPlaces } from './trust/own-places.ts';
import { checkTrustFiles } from './trust/trust-files.ts';

export interface NodeInit {
  /** Written as `node.yaml`; null: there is one already. */
  readonly document: NodeDocument | string | null;
  /** The anchors file, checked by the caller. */
  readonly anchors: Uint8Array;
}

/** POLICY_REFUSED when the root is a node already. Makes every directory above the root as well. */
export async function initNode(deps: NodeDeps, { document, anchors }: NodeInit): Promise<NodeContext> {
  const { files, root } = deps;
  await makeDirectories(files, root);
  if (document !== null) {
    if ((await files.lstat(configFileOf(root))) !== null) await refuseInitialised(await readContext(deps));
    const text = typeof document === 'string' ? document : stringify(document);
    await writeDurably(files, configFileOf(root), new TextEncoder().encode(text), 0o644);
  }
  const context = await readContext(deps);
  const { layout } = context;
  await refuseInitialised(context);
  const { install, state, downloads, trust, operations, objects, restorePoints } = layout;
  for (const directory of [install, state, downloads, trust, operations, objects, restorePoints]) {
    await makeDirectories(files, directory);
  }
  await writeDurably(files, layout.anchors, anchors, 0o444);
  await fixPlaces(context);
  await checkTrustFiles(context);
  await checkOwnPlaces(context);
  for (const path of [layout.lock, layout.authorityLock]) {
    await files.writeFile(path, new Uint8Array(), 0o600);
  }
  for (const directory of [state, downloads, install, root]) await files.syncDirectory(directory);
  await writeRecord(context, {
    formatVersion: '1.0',
    store: null,
    highestToken: 0,
    anchorsDigest: digestBytes(anchors),
    product: null,
    counters: {},
    newest: {},
    indexes: {},
    offers: {},
  });
  return context;
}

/**
 * A node is made once: a new document over an old one is right only while the making is not finished. What has been
 * a node, and lost its record, is not made again over its releases: that would believe other anchors and forget every counter.
 */
async function refuseInitialised({ files, layout, root }: NodeContext): Promise<void> {
  const hint = 'To start anew, stop the service and remove the directory.';
  for (const path of [layout.record, await fixedRecordOf({ files, root })]) {
    if ((await files.lstat(path)) === null) continue;
    throw new ThemisError('POLICY_REFUSED', `${root} is a node already; its trust anchors are fixed.`, { hint });
  }
  for (const path of [layout.installed, layout.audit]) {
    if ((await files.lstat(path)) === null) continue;
    throw new ThemisError('POLICY_REFUSED', `${root} was a node: ${path} is there, and ${layout.record} is lost.`, {
      hint: `Put that file back from a backup. ${hint}`,
    });
  }
}

async function makeDirectories(files: FileSystem, path: string): Promise<void> {
  const kind = path === '' ? 'directory' : (await files.lstat(path))?.kind;
  // A link that whoever made it meant; what lies behind it shows when something is written there.
  if (kind === 'directory' || kind === 'symlink') return;
  await makeDirectories(files, parentOf(path));
  await files.makeDirectory(path);
  await files.syncDirectory(parentOf(path) === '' ? '/' : parentOf(path));
}
