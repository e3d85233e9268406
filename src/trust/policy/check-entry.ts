/**
 * A release is taken only as the index of its source lists it: the same package, version, platform, architecture,
 * place and manifest, all from one index, so that nobody mixes an old release with a new list (mix-and-match).
 */
import type { Digest } from '../../kernel/digest.ts';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../model/release.ts';
import type { Refusal, TrustCode } from '../refusal.ts';

export interface WantedEntry {
  readonly package: string;
  readonly version: string;
  readonly manifestHash: Digest;
  /** Of its `release.json`, relative to the index. */
  readonly url: string;
}

/** The entry of exactly this manifest at exactly this place. */
export function findEntry(
  index: ReleaseIndex,
  wanted: WantedEntry,
): { readonly ok: true; readonly entry: ReleaseIndexEntry } | Refusal {
  const title = `${wanted.package} ${wanted.version}`;
  const named = index.entries.filter(
    (entry) => entry.package === wanted.package && entry.version === wanted.version && entry.url === wanted.url,
  );
  const entry = named.find(({ manifestHash }) => manifestHash === wanted.manifestHash);
  if (entry !== undefined) {
    return entry.yanked === true
      ? refusal('INDEX_YANKED', `The index says that ${title} was withdrawn.`)
      : { ok: true, entry };
  }
  const [other] = named;
  if (other !== undefined) {
    return refusal(
      'INDEX_OTHER_MANIFEST',
      `The index lists ${title} with manifest ${other.manifestHash}; ${wanted.manifestHash} was asked for.`,
    );
  }
  if (index.entries.some(({ manifestHash }) => manifestHash === wanted.manifestHash)) {
    return refusal('INDEX_OTHER_MANIFEST', `The index lists the manifest of ${title} as another release.`);
  }
  return refusal('INDEX_ENTRY_MISSING', `The index lists no ${title} at ${wanted.url}.`);
}

/** Index and manifest have to say the same of what both speak of. */
export function checkEntry(
  index: Pick<ReleaseIndex, 'product'>,
  entry: ReleaseIndexEntry,
  manifest: ReleaseManifest,
): Refusal | undefined {
  if (manifest.product !== index.product) {
    return refusal(
      'RELEASE_PRODUCT',
      `${manifest.package} ${manifest.version} is of product ${manifest.product}, its index of ${index.product}.`,
    );
  }
  for (const field of ['package', 'version', 'platform', 'architecture', 'manifestHash'] as const) {
    if (manifest[field] === entry[field]) continue;
    return refusal('INDEX_OTHER_MANIFEST', `The index says ${field} ${entry[field]}, the manifest ${manifest[field]}.`);
  }
  return undefined;
}

/** `known`: what the machine is for; null where nothing was ever accepted there and nothing is written down. */
export function checkProduct(
  { product, package: name, version }: Pick<ReleaseManifest, 'product' | 'package' | 'version'>,
  known: readonly string[] | null,
): Refusal | undefined {
  if (known === null || known.includes(product)) return undefined;
  return {
    ok: false,
    code: 'RELEASE_PRODUCT',
    message: `${name} ${version} is of product ${product}; this node is for ${known.join(' and ')}.`,
    fix: 'If that is meant, name it under products in node.yaml.',
  };
}

function refusal(code: TrustCode, message: string): Refusal {
  return { ok: false, code, message };
}
