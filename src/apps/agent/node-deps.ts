/**
 * Puts a node together from the adapters of this machine: for commands, for the local transport, for the agent. The
 * only place that knows all of them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createEndpoint } from '../../adapters/endpoint/node.ts';
import { createNodeFileSystem } from '../../adapters/file-system/node.ts';
import { createMachine } from '../../adapters/machine/node.ts';
import { createServiceControl } from '../../adapters/service-control/index.ts';
import { createTransport } from '../../adapters/transport/index.ts';
import type { NodeDeps } from '../../node/deps.ts';
import { handleNodeRequest } from '../../node/handle-request.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Compute } from '../../ports/compute.ts';
import type { Transport } from '../../ports/transport.ts';
import { openWorkers } from '../worker/open-workers.ts';
import type { WorkerTasks } from '../worker/tasks/index.ts';
import { schemasDirectory } from '../package-files.ts';
import { nodeDownloads } from './node-memory.ts';
import {
  checkTrust,
  openSource,
  takeList,
  verifyDelta,
  verifyIndex,
  verifyRelease,
  verifyRotation,
} from './release-access.ts';

let schema: object | undefined;
let workers: Compute<WorkerTasks> | undefined;

/** A slow machine may take its time over a large patch. */
const patchTimeoutMs = 15 * 60_000;

/** Read once: the validator made of it is kept by its identity, and a fleet's worth of looks needs one. */
function nodeSchema(): object {
  schema ??= JSON.parse(readFileSync(path.join(schemasDirectory, 'node.schema.json'), 'utf8')) as object;
  return schema;
}

interface NodeTransportOptions {
  readonly clock: Clock;
  /** What runs Themis again: Node.js, and the file that it is given. */
  readonly runtimeBinary: string;
  readonly launcherFile: string;
}

export function createNodeDeps(root: string, clock: Clock): NodeDeps {
  return {
    root,
    files: createNodeFileSystem(),
    clock,
    random: Math.random,
    machine: createMachine(),
    endpoint: createEndpoint(),
    serviceControl: createServiceControl,
    openSource,
    verifyDelta,
    // Starts nothing before there is a patch that asks for it; idle workers keep no process alive.
    compute: (workers ??= openWorkers(undefined, patchTimeoutMs)),
    verifyIndex,
    verifyRelease,
    verifyRotation,
    checkTrust,
    takeList,
    downloads: nodeDownloads,
    schema: nodeSchema(),
  };
}

/** What the fleet reaches its nodes by. Operations run as `themis node exec` in processes of their own. */
export function createNodeTransport(fleetDirectory: string, { clock, ...themis }: NodeTransportOptions): Transport {
  return createTransport({
    local: {
      fleetDirectory,
      handlerOf: (root) => handleNodeRequest(createNodeDeps(root, clock)),
      command: [themis.runtimeBinary, themis.launcherFile, 'node', 'exec'],
    },
  });
}
