/** Stagings that are cut off: by Ctrl-C, by the death of who asked, at the node itself, by a server that has no time. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type FaultServer, type FaultServerOptions, startFaultServer } from '../support/fault-server.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';
import { killAll } from '../support/live/live-process.ts';

const slowMs = 120_000;
const bigBytes = 6_000_000;
const slow = 300_000;

let fleet: LiveFleet;
let server: FaultServer;
let bytesPerSecond = Number.POSITIVE_INFINITY;
let fault: FaultServerOptions['fault'];
const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  // Nothing that a patch or a copy could make smaller.
  const payload = (version: string) => ({ 'share/big.txt': `${version} `.repeat(bigBytes / 6) });
  fleet = await LiveFleet.make({ nodes: 3, payload });
  server = await startFaultServer({
    files,
    fault: (request) => fault?.(request),
    get bytesPerSecond() {
      return bytesPerSecond;
    },
  });
  fleet.setReleases(`{ http: { url: "${server.url}" } }`);
}, slowMs);
afterAll(async () => {
  await server.close();
  await fleet.remove();
});

function publish(): void {
  const root = fleet.file('releases');
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(root.length + 1), readFileSync(path));
  }
}

/** Bytes of what is under way at each node. */
function keptBytes(): number[] {
  return fleet.nodes.flatMap(({ name }) => {
    const parts = fleet.inNode(name, 'downloads/parts');
    if (!existsSync(parts)) return [];
    const names = readdirSync(parts).filter((one) => one.endsWith('.part'));
    return names.map((one) => statSync(join(parts, one)).size).filter((bytes) => bytes > 0);
  });
}

const underWay = () =>
  eventually(
    async () => keptBytes(),
    (kept) => kept.length === 3,
  );
const allEnded = () =>
  eventually(
    async () => fleet.operations(),
    (left) => left.length === 0,
  );
const bigRequests = (from: number) => server.requests.slice(from).filter(({ path }) => path.endsWith('big.txt'));
/** Each of the three nodes has asked for its large file. */
const allAsked = (from: number) =>
  eventually(
    async () => bigRequests(from).length,
    (count) => count === 3,
  );
const startOf = (range = 'bytes=0-') => Number(/^bytes=(\d+)-/u.exec(range)?.[1]);

test(
  'Ctrl-C ends it: the nodes are let go of, what came is kept, and the next run fetches the rest and no more',
  async () => {
    publish();
    await fleet.askFor('1.5.0');
    bytesPerSecond = slow;
    const running = fleet.start('apply', '--auto-approve');
    await underWay();
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([
      130,
      expect.stringContaining(
        'interrupted: staging was stopped and goes on from there next time: node/node-a, node/node-b, node/node-c\n',
      ),
    ]);
    expect(err).not.toContain('finishing');
    await allEnded();
    expect(server.bytesSent).toBeLessThan(3 * bigBytes);
    expect(await fleet.serving()).toEqual(fleet.all('1.4.0'));

    const kept = keptBytes();
    expect(kept.length).toBe(3);
    const [asked, sent] = [server.requests.length, server.bytesSent];
    bytesPerSecond = Number.POSITIVE_INFINITY;
    const again = await fleet.themis('apply', '--auto-approve');
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('going on with apply-')]);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    const starts = bigRequests(asked).map(({ headers }) => startOf(headers['range']));
    expect(starts.toSorted((a, b) => a - b)).toEqual(kept.toSorted((a, b) => a - b));
    const missing = 3 * bigBytes - kept.reduce((sum, bytes) => sum + bytes, 0);
    // Beside it: documents, and the small files of the release.
    expect(server.bytesSent - sent - missing).toBeLessThan(400_000);
  },
  slowMs,
);

test(
  'a node that does not hear it: a second Ctrl-C leaves at once and says so',
  async () => {
    await fleet.addRelease('1.6.0');
    publish();
    await fleet.askFor('1.6.0');
    bytesPerSecond = slow;
    const running = fleet.start('apply', '--auto-approve');
    await underWay();
    const stuck = fleet.operations();
    killAll(stuck, 'SIGSTOP');
    running.child.kill('SIGINT');
    await running.printed('no longer staging');
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([
      130,
      expect.stringContaining('interrupted: staging has not stopped: node/node-a, node/node-b, node/node-c\n'),
    ]);
    expect(fleet.operations()).toEqual(stuck);
    killAll(stuck, 'SIGCONT');
    await allEnded();
  },
  slowMs,
);

test(
  'whoever asked is gone: the node ends by itself and keeps what came',
  async () => {
    const asked = server.requests.length;
    const running = fleet.start('apply', '--auto-approve');
    await allAsked(asked);
    running.child.kill('SIGKILL');
    await running.ended;
    await allEnded();
    expect(keptBytes().length).toBe(3);
  },
  slowMs,
);

test(
  'a signal at the node ends its staging alone; whoever asked for it asks again',
  async () => {
    const asked = server.requests.length;
    const running = fleet.start('apply', '--auto-approve');
    await allAsked(asked);
    bytesPerSecond = Number.POSITIVE_INFINITY;
    killAll(fleet.operations(), 'SIGTERM');
    expect((await running.ended).code).toBe(0);
    expect(bigRequests(asked).length).toBeGreaterThan(3);
    expect(await fleet.serving()).toEqual(fleet.all('1.6.0'));
  },
  slowMs,
);

test(
  'a server that has no time for a day: the run ends at once, says when, and goes on when it has',
  async () => {
    await fleet.addRelease('1.7.0');
    publish();
    await fleet.askFor('1.7.0');
    fault = ({ path }) => (path.endsWith('big.txt') ? 'unavailableForEver' : undefined);
    const { code, err } = await fleet.themis('apply', '--auto-approve');
    expect([code, err]).toEqual([
      9,
      expect.stringMatching(/not-finished: .* not before \d{4}-.*\nGo on with: themis apply/u),
    ]);
    await allEnded();
    fault = undefined;
    expect((await fleet.themis('apply', '--auto-approve')).code).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.7.0'));
  },
  slowMs,
);
