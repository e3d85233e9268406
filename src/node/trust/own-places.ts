/**
 * The places that decide what a node believes, goes back to and runs. Which directories hold its state and its trust is
 * fixed when it is made, beside `node.yaml` and not in it: whoever edits that file cannot lead the node to the record and
 * the anchors of another. Whoever else may write to any of these places could put there what they like.
 */
import type { ThemisError } from '../../kernel/error.ts';
import { checkPlacedFile } from '../../trust/policy/check-anchor-files.ts';
import { type Refusal, toTrustError } from '../../trust/refusal.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { NodeContext } from '../context.ts';
import { configFileOf, fixedPlacesOf } from '../layout.ts';
import { readJson, writeJsonDurably } from '../state/durable-file.ts';

type Given = Pick<NodeContext, 'files' | 'root'> & { readonly config: Pick<NodeConfig, 'name' | 'directories'> };

/** As written: below the root relative to it, so that a root may be moved as a whole. */
interface FixedPlaces {
  readonly formatVersion: '1.0';
  readonly state: string;
  readonly trust: string;
}

const usual: FixedPlaces = { formatVersion: '1.0', state: 'state', trust: 'trust' };

/** ANCHORS_CHANGED where `node.yaml` names other directories than the node was made with. */
export async function checkFixedPlaces({ files, root, config }: Given): Promise<void> {
  const fixed = await readFixed({ files, root });
  const named = placesOf(root, config);
  for (const place of ['state', 'trust'] as const) {
    if (named[place] === fixed[place]) continue;
    const message = `node.yaml names ${named[place]} as its ${place} directory; the node was made with ${fixed[place]}.`;
    const fix = `Write directories: { ${place}: ${fixed[place]} } in ${configFileOf(root)}, or leave it out if that is ${place}.`;
    throw toTrustError({ code: 'ANCHORS_CHANGED', message, fix }, `${config.name} does nothing`);
  }
}

/** Where the record of the node that was made here lies, whatever `node.yaml` says by now. */
export async function fixedRecordOf({ files, root }: Pick<Given, 'files' | 'root'>): Promise<string> {
  const { state } = await readFixed({ files, root });
  return `${state.startsWith('/') ? state : `${root}/${state}`}/node.json`;
}

async function readFixed({ files, root }: Pick<Given, 'files' | 'root'>): Promise<FixedPlaces> {
  return (await readJson<FixedPlaces>(files, fixedPlacesOf(root))) ?? usual;
}

/** Once, when the node is made. */
export async function fixPlaces({ files, root, config }: Given): Promise<void> {
  const places = placesOf(root, config);
  if (places.state === usual.state && places.trust === usual.trust) return;
  await writeJsonDurably(files, fixedPlacesOf(root), places);
}

function placesOf(root: string, { directories }: Given['config']): FixedPlaces {
  const below = (path: string): string => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  return { formatVersion: '1.0', state: below(directories.state), trust: below(directories.trust) };
}

/** ANCHORS_OWNER or ANCHORS_WRITABLE for what somebody else could have written. A link is whoever made it's to answer for. */
export async function checkOwnPlaces(context: NodeContext): Promise<void> {
  const { layout, root } = context;
  const { state, operations, objects, restorePoints, downloads } = layout;
  for (const path of [root, state, operations, objects, restorePoints, downloads])
    await checkOwn(context, path, 'directory');
  for (const path of [configFileOf(root), fixedPlacesOf(root), layout.record]) await checkOwn(context, path, 'file');
}

async function checkOwn(context: NodeContext, path: string, expected: 'file' | 'directory'): Promise<void> {
  const stat = await context.files.lstat(path);
  if (stat === null) return;
  const placed = stat.kind === 'symlink' ? { ...stat, kind: expected, mode: 0o755 } : stat;
  const refusal = checkPlacedFile({ path, ...placed }, expected, context.machine.user);
  if (refusal !== undefined) throw refused(context, refusal);
}

function refused({ config }: NodeContext, refusal: Refusal): ThemisError {
  return toTrustError(refusal, `${config.name} accepts nothing`);
}
