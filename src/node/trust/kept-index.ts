/**
 * `state/indexes/`: the last index of each far source that this node believed, so that the next look reads what changed
 * since. It saves bytes and nothing else: what is made of it is held against its signature like one that was read whole.
 */
import { digestBytes, shortDigest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { FetchedIndex, KnownIndex } from '../../release/index/changes/fetch-index.ts';
import { decodeKeptIndex, encodeKeptIndex, keptIndexBytes } from '../../release/index/changes/kept-index.ts';
import type { NodeContext } from '../context.ts';
import { writeDurably } from '../state/durable-file.ts';

/** A node has one source, or a few while it moves from one to another. */
const mostKept = 4;
const keptName = /^[0-9a-f]{32}$/u;

/** A source, and what tells it from every other one: its address. */
export interface PlacedSource {
  readonly source: ReleaseSource;
  readonly address: string;
}

/** null where nothing is kept, or nothing that can be used. */
export async function readKeptIndex(
  { files, layout }: NodeContext,
  { source, address }: PlacedSource,
): Promise<KnownIndex | null> {
  if (source.host === '') return null;
  const path = `${layout.indexes}/${nameOf(address)}`;
  try {
    const stat = await files.lstat(path);
    if (stat?.kind !== 'file' || stat.sizeBytes > keptIndexBytes) return null;
    return decodeKeptIndex(await files.readFile(path));
  } catch (error) {
    if (error instanceof ThemisError) return null;
    throw error;
  }
}

/** Once it is believed. A node that cannot keep it reads it whole the next time. */
export async function keepIndex(context: NodeContext, placed: PlacedSource, fetched: FetchedIndex): Promise<void> {
  if (placed.source.host === '') return;
  const { files, layout } = context;
  try {
    const name = nameOf(placed.address);
    const known = await readKeptIndex(context, placed);
    const bytes = encodeKeptIndex(fetched);
    if (known !== null && digestBytes(encodeKeptIndex(known)) === digestBytes(bytes)) return;
    await files.makeDirectory(layout.indexes);
    await makeRoom(context, name);
    await writeDurably(files, `${layout.indexes}/${name}`, bytes);
  } catch (error) {
    if (!(error instanceof ThemisError)) throw error;
  }
}

async function makeRoom({ files, layout }: NodeContext, name: string): Promise<void> {
  const aged: { readonly path: string; readonly modifiedNs: bigint }[] = [];
  for (const other of await files.readDirectory(layout.indexes)) {
    const path = `${layout.indexes}/${other}`;
    const stat = other === name ? null : await files.lstat(path);
    if (stat !== null && keptName.test(other)) aged.push({ path, modifiedNs: BigInt(stat.modifiedNs) });
  }
  aged.sort((a, b) => Number(b.modifiedNs - a.modifiedNs));
  for (const { path } of aged.slice(mostKept - 1)) await files.removeFile(path);
}

function nameOf(address: string): string {
  return shortDigest(digestBytes(address), 32);
}
