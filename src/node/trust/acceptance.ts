/**
 * How a release becomes acceptable to this node for the first time: through the signed, fresh index of its source,
 * which lists exactly it; signed itself; of the node's product; with a counter that fits what the node has seen. What
 * the node has had before needs no index: its manifest hash says all. Nothing but the highest index counter, and newer
 * revocation lists, is written.
 */
import type { Digest } from '../../kernel/digest.ts';
import { joinReleasePath, releaseNames } from '../../model/release-format/layout.ts';
import type { StagedRelease } from '../../model/message.ts';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { checkIndexCounter, checkReleaseCounter } from '../../trust/policy/check-counters.ts';
import { checkEntry, checkProduct, findEntry } from '../../trust/policy/check-entry.ts';
import { type Refusal, toTrustError } from '../../trust/refusal.ts';
import type { NodeContext } from '../context.ts';
import type { TrustFiles } from '../deps.ts';
import { changeRecord } from '../state/authority.ts';
import type { NodeRecord } from '../state/node-record.ts';
import { readRecord } from '../state/node-record.ts';
import { takeLists } from './take-lists.ts';

export interface Listed {
  readonly index: ReleaseIndex;
  readonly entry: ReleaseIndexEntry;
}

/** The index of a source, believed. */
export async function readIndex(context: NodeContext, source: ReleaseSource, trust: TrustFiles): Promise<ReleaseIndex> {
  const result = await context.verifyIndex(source, { trust, nowMs: context.clock.nowMs() });
  if (result.kind === 'refused') throw result.error;
  const { index } = result;
  const record = await readRecord(context);
  throwRefusal(
    checkProduct({ ...index, package: 'the index', version: String(index.counter) }, productsOf(context, record)),
  );
  throwRefusal(checkIndexCounter(index, own(record.indexes, index.product), context.config.limits.maxIndexJump));
  await takeLists(context, source, index, trust);
  await changeRecord(context, (now) => withIndex(now, index));
  return index;
}

/** What the index offers of these may be installed as long as it may be believed; what has lapsed is forgotten. */
export async function noteOffers(context: NodeContext, offered: readonly Listed[]): Promise<void> {
  const nowMs = context.clock.nowMs();
  await changeRecord(context, (record) => {
    const before = Object.entries(record.offers) as [Digest, string][];
    const lasting = before.filter(([, until]) => Temporal.Instant.from(until).epochMilliseconds >= nowMs);
    const now = offered.map(({ index, entry }): [Digest, string] => [entry.manifestHash, index.expiresAt]);
    return { ...record, offers: Object.fromEntries([...lasting, ...now]) };
  });
}

export async function withdrawOffer(context: NodeContext, manifestHash: Digest): Promise<void> {
  await changeRecord(context, (record) => {
    if (!Object.hasOwn(record.offers, manifestHash)) return record;
    const { [manifestHash]: _withdrawn, ...offers } = record.offers;
    return { ...record, offers };
  });
}

/** Where the index lists exactly this release. */
export function listedIn(index: ReleaseIndex, release: StagedRelease, directory: string): Listed {
  const found = findEntry(index, { ...release, url: joinReleasePath(directory, releaseNames.manifest) });
  if (!found.ok) throw toTrustError(found);
  return { index, entry: found.entry };
}

/** What only the node can know of a release that it never had. `listed`: undefined where that was looked at before. */
export function acceptNew(context: NodeContext, record: NodeRecord, manifest: ReleaseManifest, listed?: Listed): void {
  if (listed !== undefined) throwRefusal(checkEntry(listed.index, listed.entry, manifest));
  throwRefusal(checkProduct(manifest, productsOf(context, record)));
  const counter = own(record.counters, manifest.package);
  const floor = counter === undefined ? undefined : { counter, manifestHash: own(record.newest, manifest.package) };
  throwRefusal(checkReleaseCounter(manifest, floor, context.config.limits.maxCounterJump));
}

/** Releases of several products come together only where node.yaml names them. */
export function refuseMixedProducts({ config }: NodeContext, manifests: readonly ReleaseManifest[]): void {
  const [first, ...others] = manifests;
  if (config.products !== null || first === undefined) return;
  for (const manifest of others) throwRefusal(checkProduct(manifest, [first.product]));
}

/** The first product that is accepted is the one this node is for. */
export async function noteProduct(context: NodeContext, manifests: readonly ReleaseManifest[]): Promise<void> {
  const [first] = manifests;
  if (first === undefined) return;
  await changeRecord(context, (record) => (record.product === null ? { ...record, product: first.product } : record));
}

function productsOf({ config }: NodeContext, { product }: NodeRecord): readonly string[] | null {
  return config.products ?? (product === null ? null : [product]);
}

function withIndex(record: NodeRecord, { product, counter }: ReleaseIndex): NodeRecord {
  if ((own(record.indexes, product) ?? -1) >= counter) return record;
  return { ...record, indexes: Object.fromEntries([...Object.entries(record.indexes), [product, counter]]) };
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function throwRefusal(refusal: Refusal | undefined): asserts refusal is undefined {
  if (refusal !== undefined) throw toTrustError(refusal);
}
