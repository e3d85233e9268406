/**
 * What the node believes, as it lies on its disk: the anchors that were fixed when it was made, or rotated since, and
 * the revocation lists at hand. Checked on every read: no link, owned by root or the node's user, writable by nobody
 * else, and the anchors of exactly the digest on record. Otherwise the node accepts nothing.
 */
import { digestBytes } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { checkPlacedFile } from '../../trust/policy/check-anchor-files.ts';
import { type Refusal, toTrustError } from '../../trust/refusal.ts';
import type { NodeContext } from '../context.ts';
import type { TrustFiles } from '../deps.ts';
import type { NodeRecord } from '../state/node-record.ts';
import { checkOwnPlaces } from './own-places.ts';

/** A few authorities; more are not a collection but a flood. */
const maxLists = 256;

/** ANCHORS_CHANGED with the reason, and what to do about it. */
export async function readTrust(
  context: NodeContext,
  record: Pick<NodeRecord, 'anchorsDigest' | 'nextAnchorsDigest'>,
): Promise<TrustFiles> {
  await checkTrustFiles(context);
  await checkOwnPlaces(context);
  const { files, layout } = context;
  const anchors = await files.readFile(layout.anchors);
  const digest = digestBytes(anchors);
  if (digest !== record.anchorsDigest && digest !== record.nextAnchorsDigest) {
    throw refused(context, {
      code: 'ANCHORS_CHANGED',
      message: `The trust anchors ${layout.anchors} are not those that this node was given.`,
    });
  }
  return { anchors, crls: await readLists(context) };
}

/** Kind, owner and mode of the trust directory and the anchors file, where they lie. */
export async function checkTrustFiles(context: NodeContext): Promise<void> {
  await checkPlace(context, context.layout.trust, 'directory');
  await checkPlace(context, context.layout.anchors, 'file');
}

async function readLists(context: NodeContext): Promise<Uint8Array[]> {
  const { files, layout } = context;
  if ((await files.lstat(layout.lists)) === null) return [];
  await checkPlace(context, layout.lists, 'directory');
  const names = (await files.readDirectory(layout.lists)).filter((name) => name.endsWith('.crl'));
  if (names.length > maxLists) {
    throw new ThemisError('ANCHORS_INVALID', `${layout.lists} holds ${names.length} lists, at most ${maxLists}.`);
  }
  const lists: Uint8Array[] = [];
  for (const name of names) {
    const path = `${layout.lists}/${name}`;
    await checkPlace(context, path, 'file');
    lists.push(await files.readFile(path));
  }
  return lists;
}

async function checkPlace(context: NodeContext, path: string, expected: 'file' | 'directory'): Promise<void> {
  const stat = await context.files.lstat(path);
  if (stat === null) throw refused(context, { code: 'ANCHORS_MISSING', message: `${path} is gone.` });
  const refusal = checkPlacedFile({ path, ...stat }, expected, context.machine.user);
  if (refusal !== undefined) throw refused(context, refusal);
}

function refused(context: NodeContext, refusal: Omit<Refusal, 'ok'>): ThemisError {
  const fix =
    refusal.fix ??
    'Put the original file back; other anchors come with themis node rotate-anchors, or with a node root made anew.';
  return toTrustError({ ...refusal, fix }, `${context.config.name} accepts nothing`);
}
