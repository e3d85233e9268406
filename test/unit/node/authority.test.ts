import { expect, test } from 'vitest';
import type { NodeRequestBody } from '../../../src/model/message.ts';
import { openNode } from '../../../src/node/context.ts';
import { atOld, authority, newRelease, NodeWorld } from '../../support/node/node-world.ts';

test('the first store is obeyed, a lower token and another store are refused, adoption changes the store', async () => {
  const world = await NodeWorld.ready();
  const update = (store: string, token: number): NodeRequestBody =>
    world.updateTo(newRelease, atOld, { authority: { store, token } });
  expect(await world.refusal(update('store-1', 4))).toBe('FENCED');
  expect(await world.refusal(update('store-2', 9))).toBe('FOREIGN_STORE');
  expect(await world.refusal({ kind: 'recover', authority: { store: 'store-2', token: 9 } })).toBe('FOREIGN_STORE');
  expect((await world.result({ kind: 'adopt', store: 'store-2' })).kind).toBe('done');
  expect((await world.result({ kind: 'adopt', store: 'store-2' })).kind).toBe('unchanged');
  expect(await world.refusal(update('store-1', 99))).toBe('FOREIGN_STORE');
  expect((await world.result(update('store-2', 1))).kind).toBe('done');
  expect(await world.observe()).toMatchObject({ store: 'store-2', highestToken: 1 });
});

test('a newer holder that announces itself stops an operation before it drains; asking again succeeds', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  const request = world.updateTo(newRelease, atOld);
  const newer = { store: 'store-1', token: 6 };
  let announced: Promise<unknown> | undefined;
  const reply = await world.handler()({ wireVersion: '1.0', node: 'node-a', ...request }, (progress) => {
    if (progress.phase === 'prepare') announced ??= world.ask({ kind: 'recover', authority: newer });
  });
  expect(reply).toMatchObject({ kind: 'finished', result: { kind: 'rolled-back', failure: { code: 'FENCED' } } });
  expect(world.service.stops).toBe(0);
  expect(await announced).toMatchObject({ kind: 'finished', result: { kind: 'rolled-back' } });
  expect(await world.tree()).toBe(before);
  expect(await world.refusal(request)).toBe('FENCED');
  expect((await world.result({ ...request, authority: newer } as NodeRequestBody)).kind).toBe('done');
});

test('the same operation asked for while it runs waits and gets the same reply', async () => {
  const world = await NodeWorld.ready();
  const request = world.updateTo(newRelease, atOld);
  const meanwhile: Promise<unknown>[] = [];
  const reply = await world.handler()({ wireVersion: '1.0', node: 'node-a', ...request }, (progress) => {
    if (progress.phase !== 'drain') return;
    meanwhile.push(
      world.ask(request),
      world.observe().then((node) => node.operation),
    );
  });
  const [same, open] = await Promise.all(meanwhile);
  expect(same).toEqual(reply);
  expect(open).toMatchObject({ kind: 'update', state: 'running', token: 5 });
  expect(world.service.stops).toBe(1);
});

test('while the lock stays taken everything that changes the node is ALREADY_IN_PROGRESS', async () => {
  const world = await NodeWorld.ready();
  const context = await openNode(world.deps());
  const lock = await world.files.tryLock(context.layout.lock);
  const requests: NodeRequestBody[] = [
    world.updateTo(newRelease, atOld),
    { kind: 'stage', authority, releases: [newRelease.staged] },
    { kind: 'prune', keepRestorePoints: 0, pinned: [] },
    { kind: 'adopt', store: 'store-9' },
  ];
  for (const request of requests) expect(await world.refusal(request)).toBe('ALREADY_IN_PROGRESS');
  expect((await world.observe()).operation).toBeNull();
  await lock?.release();
  expect((await world.result(requests[0]!)).kind).toBe('done');
});
