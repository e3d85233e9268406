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
import type { Transport } from '../../ports/transport.ts';
import { launcherFile, schemasDirectory } from '../cli/package-files.ts';
import { checkTrust, openSource, takeList, verifyIndex, verifyRelease, verifyRotation } from './release-access.ts';

let schema: object | undefined;

/** Read once: the validator made of it is kept by its identity, and a fleet's worth of looks needs one. */
function nodeSchema(): object {
  schema ??= JSON.parse(readFileSync(path.join(schemasDirectory, 'node.schema.json'), 'utf8')) as object;
  return schema;
}

export function createNodeDeps(root: string, clock: Clock): NodeDeps {
  return {
    root,
    files: createNodeFileSystem(),
    clock,
    machine: createMachine(),
    endpoint: createEndpoint(),
    serviceControl: createServiceControl,
    openSource,
    verifyIndex,
    verifyRelease,
    verifyRotation,
    checkTrust,
    takeList,
    schema: nodeSchema(),
  };
}

/** What the fleet reaches its nodes by. Operations run as `themis node exec` in processes of their own. */
export function createNodeTransport(fleetDirectory: string, clock: Clock): Transport {
  return createTransport({
    local: {
      fleetDirectory,
      handlerOf: (root) => handleNodeRequest(createNodeDeps(root, clock)),
      command: [process.execPath, launcherFile, 'node', 'exec'],
    },
  });
}
