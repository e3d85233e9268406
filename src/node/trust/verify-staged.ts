import { ThemisError } from '../../kernel/error.ts';
import type { WantedRelease } from '../../model/message.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import type { NodeContext } from '../context.ts';
import type { History, TrustFiles } from '../deps.ts';
import type { NodeRecord } from '../state/node-record.ts';
import { acceptNew } from './acceptance.ts';

/**
 * A staged release once more by what the node believes now: its signature lies beside it. What somebody put into the
 * downloads without one, or signed with a key that was revoked since, goes no further.
 */
export async function verifyStagedRelease(
  context: NodeContext,
  record: NodeRecord,
  trust: TrustFiles,
  release: WantedRelease,
  history: History,
): Promise<void> {
  const result = await context.verifyRelease(stagedSource(context, context.layout.staged(release.manifestHash)), '', {
    ...release,
    trust,
    platform: context.platform,
    architecture: context.architecture,
    nowMs: context.clock.nowMs(),
    history,
    cacheFile: context.layout.manifests,
  });
  if (result.kind === 'refused') throw result.error;
  if (history === 'none') acceptNew(context, record, result.manifest);
}

/**
 * That an index offered what the node never had, and may still be believed. NOT_STAGED where not: staging it again looks
 * at the index again, which may have withdrawn it, or its signer, since.
 */
export function requireOffer(
  context: NodeContext,
  record: NodeRecord,
  { package: name, version, manifestHash }: WantedRelease,
  history: History,
): void {
  if (history !== 'none') return;
  const until = Object.hasOwn(record.offers, manifestHash) ? record.offers[manifestHash] : undefined;
  const hint = 'Stage it again.';
  if (until === undefined)
    throw new ThemisError('NOT_STAGED', `No index offered ${name} ${version} to ${context.config.name}.`, { hint });
  if (context.clock.nowMs() <= Temporal.Instant.from(until).epochMilliseconds) return;
  throw new ThemisError('NOT_STAGED', `The index that offered ${name} ${version} was to be renewed before ${until}.`, {
    hint,
  });
}

/** Its documents only. It holds the files of this platform alone, so it is not listed; they are hashed elsewhere. */
function stagedSource({ files }: NodeContext, directory: string): ReleaseSource {
  const readFile = async (path: string, limitBytes: number): Promise<Uint8Array> => {
    const stat = await files.lstat(`${directory}/${path}`);
    if (stat === null) throw new ThemisError('NOT_FOUND', `${directory}/${path} does not exist.`);
    if (stat.sizeBytes > limitBytes) throw new ThemisError('IO', `${path} has more than ${limitBytes} bytes.`);
    return files.readFile(`${directory}/${path}`);
  };
  const neverAsked = (): never => {
    throw new ThemisError('BUG', 'a staged release is asked for its documents only');
  };
  return {
    host: '',
    readFile,
    readIndex: neverAsked,
    readChanged: neverAsked,
    openFile: neverAsked,
    listFiles: async () => null,
  };
}
