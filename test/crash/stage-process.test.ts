/**
 * A real process that stages from a real server onto a real disk, killed with SIGKILL in the middle of a file, several
 * times. In the end the release is there, and little more than it was fetched.
 */
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hexOf } from '../../src/kernel/digest.ts';
import type { NodeRequestBody } from '../../src/model/message.ts';
import { handleNodeRequest } from '../../src/node/handle-request.ts';
import { initNode } from '../../src/node/init.ts';
import { answer, type Exchange, startFaultServer } from '../support/fault-server.ts';
import { askProcess } from '../support/node/ask-process.ts';
import { bigRelease } from '../support/node/big-release.ts';
import { anchors, authority, nodeDocument, requestOf } from '../support/node/node-world.ts';
import { fetchedFile, fetchingDeps } from '../support/node/fetching-world.ts';

const mebibyte = 2 ** 20;
const totalBytes = bigRelease.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
const resumeBlockBytes = mebibyte;
/** Two: in hand and being read. */
const chunkBytes = 2 * 64 * 1024;
const concurrency = 2;
/** Of all that is sent, after how much the process is killed. */
const killsAt = [3, 9].map((mebibytes) => mebibytes * mebibyte);

let directory: string;
beforeEach(async () => {
  directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-stage-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test(
  'killed in the middle of a file, again and again, a staging goes on where it was',
  { timeout: 120_000 },
  async () => {
    let child: ChildProcess | undefined;
    let killAt = Infinity;
    const server = await startFaultServer({
      files: bigRelease.files,
      fault: () => (exchange) => answer(killing(exchange)),
    });
    const killing = (exchange: Exchange): Exchange => ({
      ...exchange,
      async body(bytes) {
        for (let at = 0; at < bytes.length; at += 64 * 1024) {
          if (server.bytesSent >= killAt) child?.kill('SIGKILL');
          if (!(await exchange.body(bytes.subarray(at, at + 64 * 1024)))) return false;
        }
        return true;
      },
    });
    try {
      const root = `${directory}/node-a`;
      const deps = fetchingDeps(root, server.url);
      const delivery = { concurrency, resumeBlock: '1MiB' };
      await initNode(deps, { document: { ...nodeDocument, service: { manager: 'none' }, delivery }, anchors });
      const locator = { kind: 'http', url: server.url, path: 'themisdb-2.0.0' } as const;
      const request: NodeRequestBody = { kind: 'stage', authority, releases: [{ ...bigRelease.staged, locator }] };
      for (const at of killsAt) {
        killAt = at;
        const ended = await askProcess(root, request, { url: server.url, started: (one) => (child = one) });
        expect(ended.signal).toBe('SIGKILL');
      }
      killAt = Infinity;
      const { reply } = await askProcess(root, request, { url: server.url });
      expect(reply).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
      const fetched = (await readFile(fetchedFile(root), 'utf8')).trim().split('\n').map(Number);
      const fetchedBytes = fetched.reduce((sum, bytes) => sum + bytes, 0);
      const perKill = concurrency * (resumeBlockBytes + chunkBytes);
      expect(fetchedBytes).toBeGreaterThanOrEqual(totalBytes);
      expect(fetchedBytes).toBeLessThanOrEqual(totalBytes + killsAt.length * perKill);
      expect(await readdir(`${root}/downloads`)).toEqual([hexOf(bigRelease.manifest.manifestHash)]);
      expect(await handleNodeRequest(deps)(requestOf(request))).toMatchObject({ result: { kind: 'unchanged' } });
    } finally {
      await server.close();
    }
  },
);
