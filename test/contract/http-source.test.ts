/** What only HTTP can do to a source: every fault of the table, alone and against the rest of a file. */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { ThemisError } from '../../src/kernel/error.ts';
import { type FaultName, faults, type FaultServer, startFaultServer } from '../support/fault-server.ts';
import { runs } from '../support/runs.ts';
import { httpSource } from '../support/release-sources.ts';

const file = randomBytes(200_000);
/** Short where they are what is waited for, so long elsewhere that no busy machine passes them. */
const shortDeadlines = { answerMs: 500, idleMs: 500 };
const mostAttempts = 6;

const open: FaultServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

/** What happened, attempt by attempt: `ok`, `wrong` (the bytes are), or a code. The bytes are never more than the file. */
interface Story {
  readonly attempts: readonly string[];
  readonly fetchedBytes: number;
}

/** As a downloader does it: it trusts `offset`, keeps what it has, and checks the whole. */
async function fetchAll(fault: FaultName, faultyRequest: number): Promise<Story> {
  const server = await startFaultServer({
    files: new Map([['r/file', file]]),
    seed: 7,
    fault: ({ nth, target }) =>
      nth === faultyRequest || (fault === 'redirectsForEver' && target.includes('?'))
        ? fault
        : nth < faultyRequest
          ? 'resetAtRandom'
          : undefined,
  });
  open.push(server);
  const source = httpSource(server.url, expected[fault] === late ? { deadlines: shortDeadlines } : {});
  const attempts: string[] = [];
  let have: Uint8Array = new Uint8Array(0);
  let validator: string | null = null;
  let fetchedBytes = 0;
  while (attempts.length < mostAttempts) {
    try {
      const wanted = validator === null ? {} : { offset: have.length, validator };
      const opened = await source.openFile('r/file', { limitBytes: file.length, ...wanted });
      have = have.subarray(0, opened.offset);
      validator = opened.validator;
      for await (const chunk of opened.chunks) {
        fetchedBytes += chunk.length;
        have = Buffer.concat([have, chunk]);
        expect(have.length).toBeLessThanOrEqual(file.length);
      }
      if (file.equals(have)) return { attempts: [...attempts, 'ok'], fetchedBytes };
      attempts.push('wrong');
      validator = null;
    } catch (error) {
      if (!(error instanceof ThemisError)) throw error;
      attempts.push(error.code);
      if (attempts.length === faultyRequest && error.code === 'NOT_FOUND') break;
    }
  }
  return { attempts, fetchedBytes };
}

interface Expected {
  /** The first request meets the fault, later ones none. */
  readonly whole: string;
  /** The first is cut off, the second meets the fault. */
  readonly rest: string;
}

const harmless: Expected = { whole: 'ok', rest: 'UNREACHABLE ok' };
const unreachable: Expected = { whole: 'UNREACHABLE ok', rest: 'UNREACHABLE UNREACHABLE ok' };
const late: Expected = { whole: 'TIMEOUT ok', rest: 'UNREACHABLE TIMEOUT ok' };
const limited: Expected = { whole: 'RATE_LIMITED ok', rest: 'UNREACHABLE RATE_LIMITED ok' };
const unreadable: Expected = { whole: 'IO ok', rest: 'UNREACHABLE IO ok' };
const absent: Expected = { whole: 'NOT_FOUND', rest: 'UNREACHABLE NOT_FOUND' };
const wrong: Expected = { whole: 'wrong ok', rest: 'UNREACHABLE wrong ok' };

const expected: Readonly<Record<FaultName, Expected>> = {
  ignoresRange: harmless,
  rangeFromEarlier: harmless,
  rangeFromLater: harmless,
  rangeMovedInSilence: harmless,
  rangeInverted: harmless,
  rangeUnreadable: harmless,
  rangeMissing: harmless,
  rangeBeyondTotal: harmless,
  // Nobody but who knows the size can tell that nothing is missing.
  totalTooLarge: { whole: 'ok', rest: 'UNREACHABLE UNREACHABLE ok' },
  totalUnknown: harmless,
  rangeTooShort: { whole: 'ok', rest: 'UNREACHABLE UNREACHABLE ok' },
  multipart: harmless,
  unsatisfiable: harmless,
  unsatisfiableInSilence: harmless,
  okWithContentRange: harmless,
  okWholeWithContentRange: harmless,
  ignoresIfRange: harmless,
  weakTag: harmless,
  noTag: harmless,
  gzipUnasked: harmless,
  brotliUnasked: harmless,
  zstdUnasked: harmless,
  gzipRange: harmless,
  gzipFromRange: harmless,
  gzipCutOff: unreadable,
  unknownCoding: unreadable,
  closesEarly: unreachable,
  resetAtRandom: unreachable,
  closesBeforeHead: unreachable,
  resetBeforeHead: unreachable,
  closesInHead: unreachable,
  chunkedWithoutLength: harmless,
  chunkedCutOff: unreachable,
  chunkedGarbage: unreachable,
  untilClosed: harmless,
  tooManyRequests: limited,
  unavailable: limited,
  unavailableInSilence: unreachable,
  unavailableForEver: limited,
  internalError: unreachable,
  badGateway: unreachable,
  forbidden: unreachable,
  unauthorized: unreachable,
  gone: absent,
  missing: absent,
  empty: unreachable,
  endless: unreadable,
  longerThanLength: harmless,
  neverAnswers: late,
  stalls: late,
  slowHead: late,
  hugeHead: unreachable,
  notHttp: unreachable,
  anotherPage: wrong,
  flippedBit: wrong,
  redirects: harmless,
  redirectsElsewhere: harmless,
  redirectsForEver: unreachable,
  redirectsNowhere: unreachable,
  redirectsToFile: unreachable,
};

describe('the file arrives or the failure has a name', () => {
  test.each(Object.keys(faults) as FaultName[])('%s', async (fault) => {
    expect({
      whole: (await fetchAll(fault, 1)).attempts.join(' '),
      rest: (await fetchAll(fault, 2)).attempts.join(' '),
    }).toEqual(expected[fault]);
  });
});

test('a connection that is reset again and again at any byte costs no byte twice', async () => {
  for (let seed = 1; seed <= runs(500).numRuns; seed += 1) {
    const server = await startFaultServer({
      files: new Map([['r/file', file]]),
      seed,
      fault: ({ nth }) => (nth <= 12 ? 'resetAtRandom' : undefined),
    });
    open.push(server);
    const source = httpSource(server.url);
    let have: Uint8Array = new Uint8Array(0);
    let validator: string | undefined;
    let fetchedBytes = 0;
    for (let attempt = 1; attempt <= 13; attempt += 1) {
      const wanted = validator === undefined ? {} : { offset: have.length, validator };
      try {
        const opened = await source.openFile('r/file', { limitBytes: file.length, ...wanted });
        expect(opened.offset).toBe(have.length);
        validator = opened.validator!;
        for await (const chunk of opened.chunks) {
          fetchedBytes += chunk.length;
          have = Buffer.concat([have, chunk]);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'UNREACHABLE' });
      }
    }
    expect(file.equals(have)).toBe(true);
    expect(fetchedBytes).toBe(file.length);
  }
});
