/**
 * A node before an operation that is going to be cut off, and what must hold afterwards. The service refuses (and the
 * test fails) on any tree but the old and the new one.
 */
import { expect } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { Survival } from '../../../src/adapters/file-system/memory-tree.ts';
import type { NodeReply, NodeRequestBody } from '../../../src/model/message.ts';
import { Fuse } from './fuse.ts';
import type { Fault } from './fuse.ts';
import { atOld, authority, newRelease, NodeWorld, oldRelease } from './node-world.ts';

export type Scenario = 'update' | 'failing update' | 'rollback';

export interface CrashWorld {
  readonly world: NodeWorld;
  readonly files: MemoryFileSystem;
  readonly request: NodeRequestBody;
  readonly old: string;
  readonly fresh: string;
  readonly wrongStarts: string[];
}

interface Templates {
  readonly atV4: MemoryFileSystem;
  readonly atV5: MemoryFileSystem;
  readonly v4: string;
  readonly v5: string;
}

let templates: Promise<Templates> | undefined;

/** The disk of a node before and after an update, made once: a test takes copies. */
async function makeTemplates(): Promise<Templates> {
  const files = new MemoryFileSystem();
  const world = await NodeWorld.ready(files);
  const v4 = await world.tree();
  const atV4 = files.clone();
  await world.result(update);
  return { atV4, atV5: files.clone(), v4, v5: await world.tree() };
}

const update = new NodeWorld().updateTo(newRelease, atOld, { operation: 'crashing' });

export async function crashWorld(scenario: Scenario): Promise<CrashWorld> {
  const { v4, v5, ...disks } = await (templates ??= makeTemplates());
  const files = (scenario === 'rollback' ? disks.atV5 : disks.atV4).clone();
  const world = new NodeWorld(files);
  world.service.running = true;
  if (scenario === 'failing update') {
    // The new version never gets healthy; which one runs is seen by the tree it was started on.
    let started = v4;
    world.service.onStart = async () => void (started = await world.served());
    world.health = () => ({ ok: started === v4 });
  }
  const wrongStarts: string[] = [];
  const onStart = world.service.onStart;
  world.service.onStart = async () => {
    const served = await world.served();
    if (served !== v4 && served !== v5) wrongStarts.push(served);
    await onStart();
  };
  const back: NodeRequestBody = {
    kind: 'rollback',
    authority,
    operation: 'back',
    restorePoint: 'before-1.5.0',
    keep: null,
    healthTimeoutMs: 1000,
  };
  return scenario === 'rollback'
    ? { world, files, request: back, old: v5, fresh: v4, wrongStarts }
    : { world, files, request: update, old: v4, fresh: v5, wrongStarts };
}

/** Runs the request into the fault. `undefined`: the process died. */
export async function runInto(
  { world, request }: CrashWorld,
  fault: Fault,
): Promise<{ readonly reply: NodeReply | undefined; readonly fuse: Fuse }> {
  const fuse = new Fuse(fault);
  const reply = await Promise.race([world.ask(request, fuse), fuse.died]);
  return { reply: reply === 'died' ? undefined : reply, fuse };
}

export function powerCut({ world, files }: CrashWorld, survival?: Survival): void {
  files.crash(survival);
  world.service.running = false;
  world.drained = false;
}

/** Recovers twice and holds the node against everything that must be true then. Returns where it ended. */
export async function recoverAndCheck(
  crashed: CrashWorld,
  what: string,
  limits: { readonly stops: number },
): Promise<'old' | 'new'> {
  const { world, old, fresh, wrongStarts } = crashed;
  const wasOpen = (await world.observe()).operation !== null;
  const recovered = await world.ask({ kind: 'recover', authority: null });
  expect(recovered.kind, what).toBe('finished');
  const tree = await world.tree();
  expect([old, fresh], what).toContain(tree);
  const end = tree === old ? 'old' : 'new';
  const node = await world.observe(true);
  const versionOfTree = (end === 'old') === (crashed.request.kind === 'update') ? oldRelease : newRelease;
  expect(node.packages['themisdb']?.version, what).toBe(versionOfTree.manifest.version);
  expect(node.drift, what).toEqual([]);
  expect(node.operation, what).toBeNull();
  expect(wrongStarts, what).toEqual([]);
  expect(world.drained, what).toBe(false);
  // Also after a power cut: an operation that was open brings back what it found running.
  if (wasOpen) expect(world.service.running, what).toBe(true);
  expect(world.service.stops, what).toBeLessThanOrEqual(limits.stops);

  const again = new Fuse({ at: Infinity, when: 'before', kind: 'kill' });
  expect(await world.ask({ kind: 'recover', authority: null }, again), what).toMatchObject({
    kind: 'finished',
    result: { kind: 'unchanged' },
  });
  expect(again.effects, what).toBe(0);
  return end;
}

export const scenarios: readonly Scenario[] = ['update', 'failing update', 'rollback'];
