import { expect, test } from 'vitest';
import { initNode } from '../../../src/node/init.ts';
import { anchors, atOld, authority, newRelease, nodeDocument, NodeWorld } from '../../support/node/node-world.ts';

const evil = new TextEncoder().encode('{"anchors":["evil"]}');
const back = { kind: 'rollback', authority, operation: 'b', keep: null, healthTimeoutMs: 0 } as const;

async function rewrite(world: NodeWorld, directories: Record<string, string>): Promise<void> {
  const document = new TextEncoder().encode(JSON.stringify({ ...nodeDocument, directories }));
  await world.files.writeFile(`${world.root}/node.yaml`, document, 0o644);
}

test('node.yaml cannot lead a node to the record and the anchors of another', async () => {
  const world = await NodeWorld.ready();
  const other = new NodeWorld(world.files, '/other');
  await initNode(other.deps(), { document: nodeDocument, anchors: evil });
  for (const directories of [
    { state: '../other/state', trust: '../other/trust' },
    { trust: '../other/trust' },
    { state: '/elsewhere' },
  ]) {
    await rewrite(world, directories);
    expect(await world.refusal(world.updateTo(newRelease, atOld))).toBe('ANCHORS_CHANGED');
    expect(await world.refusal({ kind: 'observe', full: false })).toBe('ANCHORS_CHANGED');
    await expect(initNode(world.deps(), { document: null, anchors: evil })).rejects.toMatchObject({
      code: 'POLICY_REFUSED',
    });
  }
  await rewrite(world, { downloads: 'downloads' });
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
});

test('directories of its own are those that the node was made with', async () => {
  const world = new NodeWorld();
  const directories = { state: '/var/lib/node', trust: 'believed' };
  await world.init({ ...nodeDocument, directories });
  expect((await world.observe()).reachable).toBe(true);
  for (const changed of [{ ...directories, state: '/var/lib/other' }, { ...directories, trust: 'trust' }, {}]) {
    await rewrite(world, changed);
    expect(await world.refusal({ kind: 'observe', full: false })).toBe('ANCHORS_CHANGED');
    await expect(initNode(world.deps(), { document: null, anchors: evil })).rejects.toMatchObject({
      code: 'POLICY_REFUSED',
    });
  }
});

test.each(['', '/state', '/state/objects', '/state/restore-points', '/downloads'])(
  'a node whose directory "%s" others may write to accepts nothing, and goes back to nothing',
  async (directory) => {
    const world = await NodeWorld.ready();
    await world.files.setMode(`${world.root}${directory}`, 0o777);
    expect(await world.refusal(world.updateTo(newRelease, atOld))).toBe('ANCHORS_CHANGED');
    expect(await world.refusal({ ...back, restorePoint: 'before-1.4.0' })).toBe('ANCHORS_CHANGED');
    expect((await world.observe()).refusing?.message).toContain('ANCHORS_WRITABLE');
    await world.files.setMode(`${world.root}${directory}`, 0o755);
    expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
  },
);

test('a node that lost its record is not made again over its releases', async () => {
  const world = await NodeWorld.ready();
  const record = await world.files.readFile('/node/state/node.json');
  await world.files.removeFile('/node/state/node.json');
  await expect(world.observe()).rejects.toThrow(/NOT_FOUND.*from a backup/u);
  await expect(initNode(world.deps(), { document: null, anchors: evil })).rejects.toMatchObject({
    code: 'POLICY_REFUSED',
  });
  await world.files.writeFile('/node/state/node.json', record, 0o644);
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('done');
});

test('the making of a node that was cut off starts again', async () => {
  const world = new NodeWorld();
  const directories = { state: '/var/lib/node' };
  await world.init({ ...nodeDocument, directories });
  await world.files.removeFile('/var/lib/node/node.json');
  await initNode(world.deps(), { document: null, anchors });
  expect((await world.observe()).reachable).toBe(true);
});
