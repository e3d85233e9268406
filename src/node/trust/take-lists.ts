import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { toTrustError } from '../../trust/refusal.ts';
import type { NodeContext } from '../context.ts';
import type { TrustFiles } from '../deps.ts';
import { writeDurably } from '../state/durable-file.ts';
import { writeAudit } from './audit.ts';

/**
 * Takes the revocation lists that a believed index names into the node's own, where they are newer, before any release
 * is verified. One that is missing, another or unusable refuses the index: whoever holds it back hides what it withdraws.
 */
export async function takeLists(
  context: NodeContext,
  source: ReleaseSource,
  index: ReleaseIndex,
  trust: TrustFiles,
): Promise<void> {
  const { files, layout } = context;
  for (const { url, sha256 } of index.crls ?? []) {
    const bytes = await readListed(source, url, sha256);
    const taken = context.takeList(bytes, { trust, nowMs: context.clock.nowMs() });
    if (!taken.ok) {
      await writeAudit(context, 'crl-refused', `${url}: ${taken.message} (${taken.code})`).catch(() => {});
      // Of somebody who is no anchor: it says nothing here. An anchor's list that cannot be used hides what it withdraws.
      if (taken.code === 'CRL_SIGNER_UNTRUSTED') continue;
      throw toTrustError(taken, url);
    }
    if (taken.issuer === null) continue;
    if ((await files.lstat(layout.lists)) === null) {
      await files.makeDirectory(layout.lists);
      await files.syncDirectory(layout.trust);
    }
    await writeAudit(context, 'crl-taken', `${url} of ${taken.issuer.name}, ${taken.issuer.revoked} revoked`);
    // One file an issuer: the newer list takes the place of the one before in one step.
    await writeDurably(files, `${layout.lists}/${hexOf(taken.issuer.id).slice(0, 32)}.crl`, bytes, 0o444);
  }
}

async function readListed(source: ReleaseSource, url: string, sha256: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await source.readFile(url, releaseLimits.listBytes);
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code !== 'NOT_FOUND') throw error;
    throw toTrustError({
      code: 'INDEX_LIST',
      message: `The index names the revocation list ${url}, which is missing.`,
    });
  }
  if (hexOf(digestBytes(bytes)) === sha256) return bytes;
  throw toTrustError({ code: 'INDEX_LIST', message: `${url} is not the revocation list that the index names.` });
}
