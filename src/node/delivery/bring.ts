/**
 * One content by one of its ways, into a file beside its place: whole, hashed and durable, so that a rename is all that
 * is left to do.
 */
import { hexOf } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { CopyOrigin, MadeOrigin, Needed, Origin, Run, Wanted } from './delivery.ts';
import { fetchContent, placesOf, sealPart } from './fetch.ts';
import type { FileMeter } from './meter.ts';
import { openPart, partPath } from './parts/part-file.ts';

const stagedMode = 0o400;

/** Returns where it lies, for whoever renames it. */
export async function bring(run: Run, wanted: Wanted, origin: Origin, meter: FileMeter): Promise<string> {
  switch (origin.kind) {
    case 'copy':
      return bringCopy(run, wanted, origin, meter);
    case 'made':
      return bringMade(run, wanted, origin, meter);
    case 'source':
      return fetchContent(run, wanted, origin, meter);
  }
}

async function bringCopy(run: Run, { title, content, rank }: Wanted, { path }: CopyOrigin, meter: FileMeter) {
  const { files, parts, signal } = run;
  const { leave } = await run.disk.enter(rank, '', signal);
  try {
    const copy = partPath(parts, content.sha256, 'copy');
    const stat = await files.lstat(path);
    if (stat?.kind !== 'file' || stat.sizeBytes !== content.sizeBytes) {
      throw new ThemisError('NOT_FOUND', `${path} is not what ${title} could be copied from.`);
    }
    try {
      // Whatever lies there.
      await files.removeTree(copy);
      const { digest } = await files.copyHashed(path, copy, stagedMode);
      if (hexOf(digest) !== content.sha256)
        throw new ThemisError('FILE_HASH_MISMATCH', `${path} is not what it was: ${title} is not copied from it.`);
      await files.syncFile(copy);
    } catch (error) {
      // Nobody goes on copying where another left off.
      await files.removeTree(copy).catch(() => {});
      throw error;
    }
    run.meter.reused(content.sizeBytes);
    meter.at(content.sizeBytes);
    return copy;
  } finally {
    leave();
  }
}

async function bringMade(run: Run, wanted: Wanted, origin: MadeOrigin, meter: FileMeter): Promise<string> {
  const needed = await fetchNeeded(run, wanted, origin.needs);
  const { leave } = await run.making.enter(wanted.rank, '', run.signal);
  await run.patchMemory.take(origin.memoryBytes, run.signal);
  try {
    if (run.signal.aborted) throw cancelled(wanted);
    return await make(run, wanted, origin, needed, meter);
  } finally {
    run.patchMemory.give(origin.memoryBytes);
    leave();
  }
}

async function make(
  run: Run,
  wanted: Wanted,
  origin: MadeOrigin,
  needed: readonly string[],
  meter: FileMeter,
): Promise<string> {
  const part = await openPart(placesOf(run), wanted.content, 'made', null);
  try {
    if (!part.isWhole()) {
      await part.begin(0, null);
      for await (const chunk of origin.make(needed, run.signal)) {
        if (run.signal.aborted) throw cancelled(wanted);
        if (part.bytes + chunk.length > wanted.content.sizeBytes) throw wrong(wanted, origin);
        // Written before the next one is asked for: whoever makes it may use the chunk again.
        await part.append([chunk]);
        meter.at(part.bytes);
      }
      if (!part.isWhole()) throw wrong(wanted, origin);
    }
    return await sealPart(run, wanted, part);
  } catch (error) {
    // Nobody goes on making where another left off.
    await part.discard().catch(() => {});
    throw error;
  }
}

/** All of them, or the first failure once all have ended. */
async function fetchNeeded(run: Run, { rank }: Wanted, needs: readonly Needed[]): Promise<readonly string[]> {
  const results = await Promise.allSettled(
    needs.map((need) => {
      const fetched = run.needs.get(need.content.sha256) ?? fetchNeed(run, rank, need);
      run.needs.set(need.content.sha256, fetched);
      return fetched;
    }),
  );
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function fetchNeed(run: Run, rank: number, { title, statedBy, content, origin }: Needed): Promise<string> {
  const meter = run.meter.file(title, content.sizeBytes, false);
  try {
    return await fetchContent(run, { title, statedBy, content, rank }, origin, meter, 'need');
  } finally {
    meter.end();
  }
}

function cancelled({ title }: Wanted): ThemisError {
  return new ThemisError('CANCELLED', `${title} was cancelled.`);
}

function wrong({ title }: Wanted, { name }: MadeOrigin): ThemisError {
  return new ThemisError('FILE_HASH_MISMATCH', `${name} does not make ${title}.`);
}
