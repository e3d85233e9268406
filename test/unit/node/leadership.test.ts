/** A node that leads is the last of its group, and hands over before anything happens to it. */
import { expect, test } from 'vitest';
import { atOld, newRelease, NodeWorld, oldRelease } from '../../support/node/node-world.ts';

interface Setting {
  /** Status of the transfer endpoint; null: there is none. */
  readonly transfer: number | null;
  /** Looks at the role until the node follows after the transfer; Infinity: it never does. */
  readonly followsAfter?: number;
}

/** A node that leads until it is asked to hand over. */
async function leading({ transfer, followsAfter = 0 }: Setting): Promise<NodeWorld> {
  const world = await NodeWorld.ready();
  if (transfer !== null) {
    const text = new TextDecoder().decode(await world.files.readFile('/node/node.yaml'));
    const endpoint = '  transferLeadership:\n    url: http://127.0.0.1:8765/transfer\n';
    const yaml = text.replace('endpoints:\n', `drainTimeout: 5s\nendpoints:\n${endpoint}`);
    await world.files.writeFile('/node/node.yaml', new TextEncoder().encode(yaml), 0o644);
  }
  let looks: number | null = null;
  world.health = () => {
    if (looks !== null) looks += 1;
    const role = looks !== null && looks > followsAfter ? 'follower' : 'leader';
    return { body: JSON.stringify({ status: 'healthy', role }) };
  };
  world.endpoint.answer('POST http://127.0.0.1:8765/transfer', () => {
    if (transfer === 200) looks = 0;
    return { ok: transfer === 200, status: transfer ?? 404 };
  });
  world.endpoint.calls.length = 0;
  return world;
}

function posts(world: NodeWorld): (string | undefined)[] {
  return world.endpoint.calls.filter((call) => call.startsWith('POST')).map((call) => call.split('/').at(-1));
}

test('a leader is seen to follow before it drains', async () => {
  const world = await leading({ transfer: 200, followsAfter: 3 });
  expect(await world.result(world.updateTo(newRelease, atOld))).toMatchObject({ kind: 'done' });
  expect(posts(world)).toEqual(['transfer', 'drain', 'rejoin']);
  const calls = world.endpoint.calls.map((call) => call.split('/').at(-1));
  const between = calls.slice(calls.indexOf('transfer') + 1, calls.indexOf('drain'));
  expect(between).toEqual(['health', 'health', 'health', 'health']);
});

test('nobody takes over, or not in time: it fails before any effect', async () => {
  for (const setting of [{ transfer: 409 }, { transfer: 503 }, { transfer: 200, followsAfter: Infinity }]) {
    const world = await leading(setting);
    const before = await world.tree();
    expect(await world.result(world.updateTo(newRelease, atOld))).toMatchObject({
      kind: 'rolled-back',
      failure: { code: 'DRAIN_FAILED' },
    });
    expect(posts(world)).toEqual(['transfer']);
    expect(world.service.stops).toBe(0);
    expect(await world.tree()).toBe(before);
  }
});

test('where no other member could lead it goes on', async () => {
  const world = await leading({ transfer: 409 });
  const update = world.updateTo(newRelease, atOld, { mayGoLeaderless: true });
  expect(await world.result(update)).toMatchObject({ kind: 'done' });
  expect(posts(world)).toEqual(['transfer', 'drain', 'rejoin']);
});

test('asked not to touch a leader it refuses at once, both ways', async () => {
  const world = await leading({ transfer: 200 });
  expect(await world.refusal(world.updateTo(newRelease, atOld, { unlessLeading: true }))).toBe('LEADS');
  const back = { kind: 'rollback', operation: 'back', restorePoint: 'before-1.4.0', keep: null } as const;
  const body = { ...back, authority: { store: 'store-1', token: 5 }, healthTimeoutMs: 1000, unlessLeading: true };
  expect(await world.refusal(body)).toBe('LEADS');
  expect(posts(world)).toEqual([]);
});

test('one that comes to lead while it prepares gives up right before the drain, and the same operation works later', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  let looks = 0;
  world.health = () => ({ body: JSON.stringify({ status: 'healthy', role: ++looks > 2 ? 'leader' : 'follower' }) });
  world.endpoint.calls.length = 0;
  const update = world.updateTo(newRelease, atOld, { unlessLeading: true });
  expect(await world.result(update)).toMatchObject({ kind: 'rolled-back', failure: { code: 'LEADS' } });
  expect(posts(world)).toEqual([]);
  expect(world.service.stops).toBe(0);
  expect(await world.tree()).toBe(before);
  expect((await world.observe()).operation).toBeNull();

  world.health = () => ({ body: '{"status":"healthy","role":"follower"}' });
  expect(await world.result(update)).toMatchObject({ kind: 'done' });
  expect((await world.observe()).packages['themisdb']?.version).toBe(newRelease.manifest.version);
  expect((await world.observe()).packages['themisdb']?.version).not.toBe(oldRelease.manifest.version);
});

test('what the database says of its group is reported; what is no number from zero on says nothing', async () => {
  const world = await NodeWorld.ready();
  const report = async (body: object) => {
    world.health = () => ({ body: JSON.stringify({ status: 'healthy', role: 'follower', ...body }) });
    return (await world.observe()).replication;
  };
  expect(await report({ replicationLagMs: 12.4, underReplicatedGroups: 0, membersUp: 5 })).toEqual({
    lagMs: 13,
    underReplicatedGroups: 0,
    membersUp: 5,
  });
  expect(await report({ replicationLagMs: -1, underReplicatedGroups: '3', membersUp: 2 })).toEqual({
    lagMs: null,
    underReplicatedGroups: null,
    membersUp: 2,
  });
  expect(await report({})).toBeUndefined();
});
