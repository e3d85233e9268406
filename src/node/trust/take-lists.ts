import { type Digest, digestBytes, hexOf } from '../../kernel/digest.ts';
import type { ReleaseIndex } from '../../model/release.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { readIndexedList } from '../../release/index/index-lists.ts';
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
  for (const listed of index.crls ?? []) {
    const { url } = listed;
    const read = await readIndexedList(source, listed);
    if (!read.ok) throw toTrustError(read);
    const { bytes } = read;
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
    const fileOf = (list: Digest): string => `${layout.lists}/${hexOf(list).slice(0, 32)}.crl`;
    await writeDurably(files, fileOf(digestBytes(bytes)), bytes, 0o444);
    // What a person put there has another name, and stays.
    for (const list of taken.covered) await files.removeFile(fileOf(list));
    await files.syncDirectory(layout.lists);
  }
}
