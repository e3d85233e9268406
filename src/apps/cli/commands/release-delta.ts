import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { deltaAlgorithms } from '../../../model/delta.ts';
import type { PatchAlgorithm } from '../../../patch/algorithm.ts';
import { patchAlgorithms } from '../../../patch/index.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { Signer } from '../../../ports/signer.ts';
import { type LyingRelease, type MadeDelta, makeDelta } from '../../../release/delta/make-delta.ts';
import { writeDelta } from '../../../release/delta/write-delta.ts';
import { signFile } from '../../../release/sign-file.ts';
import { openWorkers } from '../../worker/open-workers.ts';
import type { Command, Input, Session } from '../command.ts';
import { outputOption } from '../output-option.ts';
import { indexOptions } from '../releases/index-input.ts';
import { reportFindings } from '../reading/release-input.ts';
import { withReleases } from '../releases/releases-place.ts';
import { signerOf } from '../reading/signer-input.ts';
import { findEnds } from '../releases/delta-ends.ts';
import { deltaJson, deltaNotes, type DeltaResult, deltaText } from '../releases/delta-result.ts';
import { createDeltaProgress } from '../releases/delta-progress.ts';
import { remakeIndex } from '../releases/remake-index.ts';

export const releaseDeltaCommand: Command = {
  name: 'release delta',
  group: 'Releases',
  summary: 'make patches from one release to another, so that nodes which have the one fetch little for the other',
  arguments: [{ name: 'DIR', summary: 'the directory of releases (default: that of --to, else releases, else here)' }],
  options: [
    { name: '--from', value: 'A', summary: 'version that nodes have, or the directory of a release', required: true },
    { name: '--to', value: 'B', summary: 'version that they get, or the directory of a release', required: true },
    { name: '--package', value: 'NAME', summary: 'needed where several packages have these versions' },
    {
      name: '--algorithms',
      value: 'A,B',
      summary: `those to try: ${deltaAlgorithms.join(', ')} (default: all, but those that never win beside others only where these make nothing)`,
    },
    {
      name: '--budget',
      value: 'DURATION',
      summary: 'time for all of it; what saves most for its time comes first',
      default: '10m',
    },
    { name: '--workers', value: 'N', summary: 'threads at once (default: one a core, at most 4)' },
    ...indexOptions,
    { name: '--index', summary: 'then make the index again, as `themis release index` does: nodes look there alone' },
    { name: '--expires', value: 'DURATION', summary: 'with --index: how long it may be believed', default: '30d' },
    outputOption,
  ],
  examples: [
    {
      line: 'themis release delta --from 1.4.0 --to 1.5.0 releases --key keys/signer.key.pem --certificate keys/signer.certificate.pem --index',
      summary: 'signed, and listed in the index',
    },
    {
      line: 'themis release delta --from releases/themisdb-1.4.0 --to releases/themisdb-1.5.0 --budget 1h',
      summary: 'by directory; sign it and make the index afterwards',
    },
  ],
  async run(session, input) {
    const fileSystem = createNodeFileSystem();
    const algorithms = algorithmsOf(input.text('algorithms'));
    const signer = await signerOf(session, input);
    if (input.flag('index') && signer === undefined) {
      throw new ThemisError('USAGE', '--index needs a signer: an index lists no unsigned delta.', {
        hint: 'Add --key FILE --certificate FILE.',
      });
    }
    const { root, pairs } = await findEnds(session, input, fileSystem);
    const search = createSearch(session, input, algorithms);
    const results: DeltaResult[] = [];
    try {
      for (const [index, { from, to }] of pairs.entries()) {
        const made = await search.make(fileSystem, root, from, to, pairs.length - index);
        results.push(await keep(session, fileSystem, root, made, signer));
      }
    } finally {
      await search.close();
    }
    if (input.text('output') === 'json')
      session.out.write(`${JSON.stringify({ deltas: results.map(deltaJson) }, null, 2)}\n`);
    else for (const result of results) session.out.write(deltaText(result, (path) => shown(session, root, path)));
    for (const line of deltaNotes(results, input.duration('budget')!)) session.err.write(`${line}\n`);
    return input.flag('index') ? await index(session, input, root) : exitCode.done;
  },
};

function algorithmsOf(text: string | undefined): readonly PatchAlgorithm[] {
  if (text === undefined) return patchAlgorithms;
  return text.split(',').map((name) => {
    const wanted = name.trim().toUpperCase();
    const found = patchAlgorithms.find(({ id }) => id === wanted);
    if (found !== undefined) return found;
    throw new ThemisError('USAGE', `"${name}" is no delta algorithm.`, {
      hint: `Those that there are: ${patchAlgorithms.map(({ id }) => id).join(', ')}.`,
    });
  });
}

const mostWorkers = 4;
const longestCheckMs = 30 * 60_000;

function createSearch(session: Session, input: Input, algorithms: readonly PatchAlgorithm[]) {
  const budgetMs = input.duration('budget')!;
  const size = input.integer('workers', 1) ?? Math.min(mostWorkers, availableParallelism());
  const endsAtMs = session.clock.nowMs() + budgetMs;
  // The time for all of them ends tasks, but for those that apply what was there, which has no part in it.
  const compute = openWorkers(size, budgetMs + longestCheckMs);
  return {
    /** `left`: of the pairs, this one included, which share what is left of the time. */
    async make(
      fileSystem: FileSystem,
      root: string,
      from: LyingRelease,
      to: LyingRelease,
      left: number,
    ): Promise<MadeDelta> {
      const title = `${to.manifest.package} ${from.manifest.version} to ${to.manifest.version}`;
      const nowMs = session.clock.nowMs();
      const shareMs = Math.ceil(Math.max(0, endsAtMs - nowMs) / left);
      const budget = shareMs === 0 ? AbortSignal.abort() : AbortSignal.timeout(shareMs);
      const progress = createDeltaProgress(session, title, nowMs + shareMs);
      try {
        const { onStart, onTry } = progress;
        const signal = session.interrupts.soft;
        return await makeDelta(fileSystem, root, from, to, {
          tryAll: input.text('algorithms') !== undefined,
          algorithms,
          compute,
          atOnce: size,
          budget,
          signal,
          onStart,
          onTry,
        });
      } finally {
        progress.close();
      }
    },
    close: async () => await compute.close(),
  };
}

/** Under the lock of the directory, for as long as it takes to write. */
async function keep(
  session: Session,
  fileSystem: FileSystem,
  root: string,
  made: MadeDelta,
  signer: Signer | undefined,
): Promise<DeltaResult> {
  if (made.patches.length === 0) return { ...made, directory: null, changed: false, isSigned: false };
  const nowMs = session.clock.nowMs();
  const sign =
    signer === undefined
      ? null
      : async (path: string, bytes: Uint8Array) => signFile(fileSystem, path, bytes, signer, { nowMs, cosign: false });
  const written = await withReleases(session, root, async () =>
    writeDelta(fileSystem, root, made.delta, made.patches, made.present, sign),
  );
  return { ...made, ...written };
}

async function index(session: Session, input: Input, root: string): Promise<number> {
  const { made, findings } = await withReleases(session, root, async (place) => remakeIndex(session, input, place, {}));
  reportFindings(session, findings);
  if (made === null) return exitCode.refused;
  if (session.verbosity !== 'quiet')
    session.err.write(`Made the index again; deltas in it: ${made.index.deltas.length}.\n`);
  return exitCode.done;
}

function shown(session: Session, root: string, path: string): string {
  return relative(session.directory, join(root, path));
}
