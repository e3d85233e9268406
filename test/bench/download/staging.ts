/** What download benches share: the server in a process of its own, and the staging of a node as it is. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import { createEndpoint } from '../../../src/adapters/endpoint/node.ts';
import { createNodeFileSystem } from '../../../src/adapters/file-system/node.ts';
import { createMachine } from '../../../src/adapters/machine/node.ts';
import { createServiceControl } from '../../../src/adapters/service-control/index.ts';
import { nodeDownloads } from '../../../src/apps/agent/node-memory.ts';
import type { NodeProgress } from '../../../src/model/message.ts';
import type { NodeDocument } from '../../../src/node/config/node-config.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import { initNode } from '../../../src/node/init.ts';
import { anchors, authority, nodeDocument, nodeSchema, requestOf } from '../../support/node/node-world.ts';
import {
  acceptingDelta,
  acceptingIndex,
  acceptingRotation,
  acceptingVerification,
} from '../../support/node/releases.ts';
import { httpSource } from '../../support/release-sources.ts';
import { releaseDirectory, writtenManifest } from './release.ts';

/** Runs `work` with the address of a server; its arguments: see there. */
export async function withServer<T>(argv: readonly number[], work: (url: string) => Promise<T>): Promise<T> {
  const program = fileURLToPath(new URL('server.ts', import.meta.url));
  const server = spawn(process.execPath, [program, ...argv.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [url = ''] = await new Promise<string[]>((found) =>
      createInterface(server.stdout).once('line', (line) => found([line])),
    );
    return await work(url);
  } finally {
    server.stdin.end();
  }
}

/** The release as a node in `out/node` stages it. Throws when it does not end well. */
export async function stage(
  url: string,
  delivery: NonNullable<NodeDocument['delivery']>,
  onProgress: (progress: NodeProgress) => void = () => {},
): Promise<void> {
  const deps = nodeDeps(resolve('out/node'), url);
  await initNode(deps, { document: { ...nodeDocument, service: { manager: 'none' }, delivery }, anchors });
  const { package: name, version, manifestHash } = writtenManifest();
  const locator = { kind: 'http', url, path: releaseDirectory } as const;
  const releases = [{ package: name, version, manifestHash, locator }];
  const reply = await handleNodeRequest(deps)(requestOf({ kind: 'stage', authority, releases }), onProgress);
  if (reply.kind !== 'finished' || reply.result.kind !== 'done') throw new Error(JSON.stringify(reply));
}

/** The node as it is put together for commands, but for trust, which has a bench of its own. */
function nodeDeps(root: string, url: string): NodeDeps {
  const manifestPath = `${releaseDirectory}/release.json`;
  return {
    root,
    files: createNodeFileSystem(),
    clock: systemClock,
    random: Math.random,
    machine: createMachine(),
    endpoint: createEndpoint(),
    serviceControl: createServiceControl,
    openSource: () => httpSource(url),
    verifyIndex: acceptingIndex(new Map([[manifestPath, readFileSync(manifestPath)]])),
    verifyRelease: acceptingVerification,
    verifyDelta: acceptingDelta,
    verifyRotation: acceptingRotation,
    takeList: () => ({ ok: true, issuer: null, covered: [] }),
    checkTrust: () => undefined,
    downloads: nodeDownloads,
    schema: nodeSchema,
  };
}
