/**
 * A node on a real disk with a real service process, for the test and for the process that it kills. The service is a
 * shell that sleeps; it has no health endpoint, so running is being healthy.
 */
import { appendFile, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEndpoint } from '../../../src/adapters/endpoint/node.ts';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { createMachine } from '../../../src/adapters/machine/node.ts';
import { createServiceControl } from '../../../src/adapters/service-control/index.ts';
import type { NodeReply, NodeRequestBody } from '../../../src/model/message.ts';
import type { NodeDocument } from '../../../src/node/config/node-config.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { initNode } from '../../../src/node/init.ts';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import { memoryDownloads } from './memory-downloads.ts';
import { anchors, authority, nodeSchema, requestOf } from './node-world.ts';
import {
  acceptingDelta,
  acceptingIndex,
  acceptingRotation,
  acceptingVerification,
  makeRelease,
  memorySource,
} from './releases.ts';
import { treeDigest } from './tree-digest.ts';

const server = (version: string): [string, string] => [`#!/bin/sh\n# ${version}\nexec sleep 600\n`, '0755'];

export const oldServer = makeRelease({
  version: '1.4.0',
  files: { 'bin/server': server('1.4'), 'share/old.txt': 'old', 'share/both.txt': 'same' },
});
export const newServer = makeRelease({
  version: '1.5.0',
  files: { 'bin/server': server('1.5'), 'lib/new.txt': 'new', 'share/both.txt': 'same' },
});

const document: NodeDocument = {
  apiVersion: 'themis.dev/v1',
  kind: 'Node',
  name: 'node-a',
  service: { manager: 'supervised', command: ['./bin/server'], stopTimeout: '5s' },
};

/** Beside the node root: the tree's digest at each start of the service, one a line. */
const startsFile = (root: string): string => `${root}.starts`;

export function processDeps(root: string): NodeDeps {
  const files = createNodeFileSystem();
  const sources = new Map([...oldServer.files, ...newServer.files]);
  return {
    root,
    files,
    // Nobody waits here for something that takes long.
    clock: { ...systemClock, sleep: () => systemClock.sleep(5) },
    random: Math.random,
    machine: createMachine(),
    endpoint: createEndpoint(),
    serviceControl: (spec) => {
      const inner = createServiceControl(spec);
      return {
        status: () => inner.status(),
        stop: (timeoutMs) => inner.stop(timeoutMs),
        async start() {
          const tree = await treeDigest(files, `${root}/install`, ['.themis']);
          const result = await inner.start();
          if (result.started) await appendFile(startsFile(root), `${tree}\n`);
          return result;
        },
      };
    },
    openSource: () => memorySource(sources),
    verifyIndex: acceptingIndex(sources),
    verifyDelta: acceptingDelta,
    verifyRelease: acceptingVerification,
    verifyRotation: acceptingRotation,
    takeList: () => ({ ok: true, issuer: null, covered: [] }),
    checkTrust: () => undefined,
    downloads: memoryDownloads(),
    schema: nodeSchema,
  };
}

export interface ProcessWorld {
  readonly root: string;
  ask(body: NodeRequestBody): Promise<NodeReply>;
  tree(): Promise<string>;
  /** The tree's digest at each start so far. */
  starts(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Runs 1.4.0, with 1.5.0 staged. */
export async function makeProcessWorld(): Promise<ProcessWorld> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'themis-node-')));
  const root = `${directory}/node-a`;
  const deps = processDeps(root);
  const handle = handleNodeRequest(deps);
  const ask = (body: NodeRequestBody): Promise<NodeReply> => handle(requestOf(body));
  await initNode(deps, { document, anchors });
  await ask({ kind: 'stage', authority, releases: [oldServer.staged, newServer.staged] });
  await ask({
    kind: 'update',
    authority,
    operation: 'first',
    releases: [oldServer.wanted],
    expected: {},
    restorePoint: 'empty',
    healthTimeoutMs: 5000,
  });
  return {
    root,
    ask,
    tree: () => treeDigest(deps.files, `${root}/install`),
    async starts() {
      return (await readFile(startsFile(root), 'utf8')).trim().split('\n');
    },
    async remove() {
      const spec = { workingDirectory: root, directory: `${root}/state/service`, command: [], environment: {} };
      await createServiceControl({ kind: 'supervised', ...spec }).stop(5000);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
