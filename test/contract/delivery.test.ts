/**
 * The pipeline against a real server that misbehaves, over the real HTTP source. Whatever it does once, in the middle of
 * a file, the right file comes out for at most a resume block more; what it does for good ends by its name.
 */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type FaultName, faults, startFaultServer } from '../support/fault-server.ts';
import { fromSource, runDelivery, someBytes } from '../support/node/delivery-run.ts';
import { codeOf, httpSource } from '../support/release-sources.ts';

const size = 200_000;
const blockBytes = 64 * 1024;
const bytes = someBytes(size);
const deadlines = { connectMs: 2000, answerMs: 150, idleMs: 150 };

/** Real time, since the server is real; but nobody waits for as long as a source is left alone. */
const hasty: Clock = { ...systemClock, sleep: (durationMs, signal) => systemClock.sleep(durationMs / 100, signal) };

interface Outcome {
  readonly code: string;
  readonly fetchedBytes: number;
}

/** `faultOf`: by the number of the request, from 1. */
async function fetchFrom(faultOf: (nth: number) => FaultName | undefined, seed = 1): Promise<Outcome> {
  const server = await startFaultServer({ files: new Map([['a', bytes]]), fault: ({ nth }) => faultOf(nth), seed });
  try {
    const files = new MemoryFileSystem();
    let fetchedBytes = 0;
    const code = await codeOf(
      runDelivery({
        files,
        clock: hasty,
        deliveries: [fromSource('a', bytes, httpSource(server.url, { deadlines }))],
        settings: { retries: 4, resumeBlockBytes: blockBytes },
        onProgress: (progress) => (fetchedBytes = progress.fetchedBytes ?? 0),
      }),
    );
    if (code === 'ok') expect(await files.readFile('/root/tree/a')).toEqual(bytes);
    else expect(await files.lstat('/root/tree/a')).toBeNull();
    return { code, fetchedBytes };
  } finally {
    await server.close();
  }
}

/** Answers that say that there is no use in asking again. */
const final: Partial<Record<FaultName, string>> = {
  forbidden: 'UNREACHABLE',
  unauthorized: 'UNREACHABLE',
  redirectsNowhere: 'UNREACHABLE',
  redirectsToFile: 'UNREACHABLE',
  unavailableForEver: 'RATE_LIMITED',
  missing: 'FILE_MISSING',
  gone: 'FILE_MISSING',
};
const names = Object.keys(faults) as FaultName[];

describe('once, where a file is cut off', () => {
  test.each(names)('%s', async (name) => {
    const { code, fetchedBytes } = await fetchFrom((nth) => (nth === 1 ? 'closesEarly' : nth === 2 ? name : undefined));
    expect(code).toBe(final[name] ?? 'ok');
    expect(fetchedBytes).toBeLessThanOrEqual(size + blockBytes);
  });
});

describe('once, right away', () => {
  test.each(names)('%s', async (name) => {
    const { code, fetchedBytes } = await fetchFrom((nth) => (nth === 1 ? name : undefined));
    const named = ['FILE_HASH_MISMATCH', 'FILE_MISSING', 'UNREACHABLE', 'RATE_LIMITED'];
    if (code !== 'ok') expect(named).toContain(code);
    expect(fetchedBytes).toBeLessThanOrEqual(size + blockBytes);
  });
});

test.each([
  ['closesBeforeHead', 'UNREACHABLE'],
  ['unavailable', 'RATE_LIMITED'],
  ['chunkedCutOff', 'UNREACHABLE'],
  ['flippedBit', 'FILE_HASH_MISMATCH'],
  ['endless', 'FILE_HASH_MISMATCH'],
  ['anotherPage', 'FILE_HASH_MISMATCH'],
  ['neverAnswers', 'TIMEOUT'],
] as const)('for good, %s is %s', async (name, code) => {
  expect((await fetchFrom(() => name)).code).toBe(code);
});

test('connections that are reset at random bytes, again and again: every byte comes, and comes once', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const outcome = await fetchFrom((nth) => (nth <= 12 ? 'resetAtRandom' : undefined), seed);
    expect(outcome).toEqual({ code: 'ok', fetchedBytes: size });
  }
});
