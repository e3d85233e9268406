/** What a demo directory remembers about itself. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromFailure } from '../../kernel/error.ts';
import { wireVersion } from '../../model/message.ts';
import { handleNodeRequest } from '../../node/handle-request.ts';
import { openNode } from '../../node/context.ts';
import { startService } from '../../node/start-service.ts';
import type { Clock } from '../../ports/clock.ts';
import { createNodeDeps } from '../agent/node-deps.ts';
import type { DemoNode } from './demo-files.ts';

const demoFileName = '.themis-demo.json';

export interface Demo {
  readonly uid: string;
  readonly nodes: readonly DemoNode[];
  /** False while it is being made: a run that was cut off goes on from there. */
  readonly complete: boolean;
}

export function readDemo(directory: string): Demo | undefined {
  const file = join(directory, demoFileName);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Demo) : undefined;
}

export function writeDemo(directory: string, demo: Demo): void {
  const file = join(directory, demoFileName);
  // Old or new, never half: a run may be killed at any moment and goes on from what stands here.
  writeFileSync(`${file}.new`, `${JSON.stringify(demo, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

export function nodeRoot(directory: string, node: Pick<DemoNode, 'name'>): string {
  return join(directory, 'nodes', node.name);
}

/** Stops the servers; names of the nodes where one ran. */
export async function stopServers(directory: string, demo: Demo, clock: Clock): Promise<string[]> {
  const stopped: string[] = [];
  for (const node of demo.nodes) {
    if (!existsSync(join(nodeRoot(directory, node), 'node.yaml'))) continue;
    const { service } = await openNode(createNodeDeps(nodeRoot(directory, node), clock));
    if ((await service.stop(10_000)).stopped) stopped.push(node.name);
  }
  return stopped;
}

/** Starts the servers that have something to run, as a boot would; names of those that did not run. */
export async function startServers(directory: string, demo: Demo, clock: Clock): Promise<string[]> {
  const started: string[] = [];
  for (const node of demo.nodes) {
    if (!existsSync(join(nodeRoot(directory, node), 'node.yaml'))) continue;
    const deps = createNodeDeps(nodeRoot(directory, node), clock);
    const request = { wireVersion, node: node.name, kind: 'recover', authority: null } as const;
    const reply = await handleNodeRequest(deps)(request);
    if (reply.kind === 'refused') throw fromFailure(reply.failure);
    if ((await startService(deps)).started) started.push(node.name);
  }
  return started;
}
