/**
 * The pipeline against a real server that misbehaves, over the real HTTP source. Whatever it does once, in the middle of
 * a file, the right file comes out for at most a resume block more; what it does for good ends by its name.
 */
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { MemoryFileSystem } from '../../src/adapters/file-system/memory.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type FaultName, faults, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
import { fromSource, runDelivery, someBytes } from '../support/node/delivery-run.ts';
import { codeOf, httpSource } from '../support/release-sources.ts';

const blockBytes = 192 * 1024;
/** Half of it, and half of that, is more than may come again. */
const size = 2 ** 20;
const bytes = someBytes(size);
/** Short where they are what is waited for, so long elsewhere that no busy machine passes them. */
const shortDeadlines = { answerMs: 150, idleMs: 150 };
const late: ReadonlySet<FaultName | undefined> = new Set(['neverAnswers', 'stalls', 'slowHead']);
/** Of a connection, so that it holds little when it is closed before its end. */
const bytesPerSecond = 4 * 2 ** 20;

/** Real time, since the server is real; but nobody waits for as long as a source is left alone. */
const hasty: Clock = { ...systemClock, sleep: (durationMs, signal) => systemClock.sleep(durationMs / 100, signal) };

interface Outcome {
  readonly code: string;
  /** As the server counts them. */
  readonly sentBytes: number;
  /** As they were told. */
  readonly fetchedBytes: number;
}

/** `faultOf`: by the number of the request, from 1. */
async function fetchFrom(
  faultOf: (nth: number) => FaultName | undefined,
  options: Pick<FaultServerOptions, 'seed' | 'bytesPerSecond'> = {},
): Promise<Outcome> {
  const fault: FaultServerOptions['fault'] = ({ nth }) => faultOf(nth);
  const server = await startFaultServer({ files: new Map([['a', bytes]]), fault, ...options });
  const deadlines = late.has(faultOf(1)) || late.has(faultOf(2)) ? shortDeadlines : {};
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
    return { code, sentBytes: server.bytesSent, fetchedBytes };
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
/** These are only seen when all of it is there, and then nothing says which byte is wrong. */
const finalRightAway: Partial<Record<FaultName, string>> = {
  ...final,
  flippedBit: 'FILE_HASH_MISMATCH',
  endless: 'FILE_HASH_MISMATCH',
  // Harmless where no range is asked for.
  totalTooLarge: 'ok',
};
const names = Object.keys(faults) as FaultName[];

describe('once, where a file is cut off', () => {
  test.each(names)('%s', async (name) => {
    const faultOf = (nth: number) => (nth === 1 ? 'closesEarly' : nth === 2 ? name : undefined);
    const { code, sentBytes, fetchedBytes } = await fetchFrom(faultOf, { bytesPerSecond });
    expect(code).toBe(final[name] ?? 'ok');
    expect(sentBytes).toBeLessThanOrEqual(size + blockBytes);
    expect(fetchedBytes).toBeLessThanOrEqual(sentBytes);
  });
});

describe('once, right away', () => {
  test.each(names)('%s', async (name) => {
    const { code, fetchedBytes } = await fetchFrom((nth) => (nth === 1 ? name : undefined));
    expect(code).toBe(finalRightAway[name] ?? 'ok');
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
    const outcome = await fetchFrom((nth) => (nth <= 12 ? 'resetAtRandom' : undefined), { seed });
    expect(outcome).toMatchObject({ code: 'ok', fetchedBytes: size });
  }
});
