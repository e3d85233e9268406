import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { FileSystem } from '../../../src/ports/file-system.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import {
  atNew,
  atOld,
  authority,
  newRelease,
  nodeDocument,
  NodeWorld,
  oldRelease,
  requestOf,
} from '../../support/node/node-world.ts';
import { makeRelease } from '../../support/node/releases.ts';

test('a first install brings the files, starts the service and is observed', async () => {
  const world = new NodeWorld();
  await world.init();
  expect(await world.install(oldRelease)).toEqual({ kind: 'done', restorePoint: 'before-1.4.0' });
  const node = await world.observe(true);
  expect(node.packages['themisdb']?.version).toBe('1.4.0');
  expect(node.drift).toEqual([]);
  expect(node.health.status).toBe('healthy');
  expect(node.operation).toBeNull();
  expect(world.service.starts).toBe(1);
});

test('an update drains, stops once, replaces, starts, and leaves exactly the new tree', async () => {
  const world = await NodeWorld.ready();
  expect(await world.result(world.updateTo(newRelease, atOld))).toEqual({ kind: 'done', restorePoint: 'before-1.5.0' });
  expect(world.service.stops).toBe(1);
  const fresh = new NodeWorld();
  await fresh.init();
  await fresh.install(newRelease);
  expect(await world.tree()).toBe(await fresh.tree());
  const node = await world.observe();
  expect(node.restorePoints.map((point) => point.id)).toEqual(['before-1.5.0', 'before-1.4.0']);
  expect(node.drift).toEqual([]);
});

test('a version that does not get healthy is rolled back: tree, modes and service as before', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  world.health = () => (world.service.starts === 1 ? { ok: false } : { body: '{"status":"healthy"}' });
  const result = await world.result(world.updateTo(newRelease, atOld));
  expect(result).toMatchObject({ kind: 'rolled-back', failure: { code: 'UNHEALTHY' } });
  expect(await world.tree()).toBe(before);
  expect(world.service.running).toBe(true);
  expect(world.drained).toBe(false);
  expect((await world.observe()).packages['themisdb']?.version).toBe('1.4.0');
});

test('an old version that does not come up either is stuck, and recover goes on once the cause is gone', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  let broken = false;
  world.health = () => ({ ok: !broken });
  world.service.onStart = () => void (broken = true);
  const result = await world.result(world.updateTo(newRelease, atOld));
  expect(result).toMatchObject({ kind: 'stuck', failure: { code: 'UNHEALTHY' }, cause: { code: 'UNHEALTHY' } });
  expect((await world.observe()).operation?.state).toBe('interrupted');
  broken = false;
  world.service.onStart = () => {};
  expect((await world.result({ kind: 'recover', authority: null })).kind).toBe('rolled-back');
  expect(await world.tree()).toBe(before);
  expect((await world.observe()).operation).toBeNull();
});

test('a rollback returns to the restore point and can itself be undone', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  await world.result(world.updateTo(newRelease, atOld));
  const after = await world.tree();
  const back = { kind: 'rollback', authority, restorePoint: 'before-1.5.0', healthTimeoutMs: 1000 } as const;
  expect(await world.result({ ...back, operation: 'back', keep: 'kept' })).toEqual({
    kind: 'done',
    restorePoint: 'kept',
  });
  expect(await world.tree()).toBe(before);
  expect(await world.result({ ...back, operation: 'forth', restorePoint: 'kept', keep: null })).toEqual({
    kind: 'done',
    restorePoint: null,
  });
  expect(await world.tree()).toBe(after);
  const ids = (await world.observe()).restorePoints.map((point) => point.id);
  expect(ids).toEqual(expect.arrayContaining(['kept', 'before-1.5.0', 'before-1.4.0']));
  expect(ids).toHaveLength(3);
});

test('a known operation is answered from its journal, without a second effect', async () => {
  const world = await NodeWorld.ready();
  const request = world.updateTo(newRelease, atOld);
  const first = await world.ask(request);
  expect(await world.ask(request)).toEqual(first);
  expect(world.service.stops).toBe(1);
});

test('what is installed already and without drift is unchanged', async () => {
  const world = await NodeWorld.ready();
  expect(await world.result(world.updateTo(oldRelease, atNew))).toEqual({ kind: 'unchanged' });
  expect(world.service.stops).toBe(0);
});

test('an update to the installed release repairs drift of every kind', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  const install = `${world.root}/install`;
  await world.files.writeFile(`${install}/etc/server.conf`, new TextEncoder().encode('port = 9999'), 0o644);
  await world.files.setMode(`${install}/bin/server`, 0o700);
  await world.files.removeFile(`${install}/turned`);
  expect((await world.observe()).drift.map(({ path, problem }) => `${path} ${problem}`)).toEqual([
    'bin/server mode',
    'etc/server.conf changed',
    'turned missing',
  ]);
  expect((await world.result(world.updateTo(oldRelease, atOld, { restorePoint: 'drifted' }))).kind).toBe('done');
  expect(await world.tree()).toBe(before);
});

test('a repair that fails returns to the drifted tree', async () => {
  const world = await NodeWorld.ready();
  await world.files.removeFile(`${world.root}/install/turned`);
  const drifted = await world.tree();
  world.health = () => ({ ok: world.service.starts !== 1 });
  const result = await world.result(world.updateTo(oldRelease, atOld, { restorePoint: 'drifted' }));
  expect(result.kind).toBe('rolled-back');
  expect(await world.tree()).toBe(drifted);
});

test('files that nobody installed stay where they are, also in directories that go', async () => {
  const world = await NodeWorld.ready();
  const own = `${world.root}/install/lib/gone/mine.txt`;
  await world.files.writeFile(own, new TextEncoder().encode('mine'), 0o644);
  await world.result(world.updateTo(newRelease, atOld));
  expect(new TextDecoder().decode(await world.files.readFile(own))).toBe('mine');
});

test('a service that was down before is not started by an undo', async () => {
  const world = await NodeWorld.ready();
  world.service.running = false;
  world.health = () => ({ ok: false });
  expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe('rolled-back');
  expect(world.service.running).toBe(false);
});

test('a disk that fills up once the node is drained does not keep the update from ending', async () => {
  const files = new MemoryFileSystem();
  const world = await NodeWorld.ready(files);
  world.endpoint.answer('POST http://127.0.0.1:8765/drain', () => {
    files.capacityBytes = files.usedBytes;
    return {};
  });
  const reply = await world.ask(world.updateTo(newRelease, atOld));
  expect(files.capacityBytes).toBeLessThan(Infinity);
  expect(reply).toMatchObject({ kind: 'finished', result: { kind: 'done' } });
  expect((await world.observe(true)).drift).toEqual([]);
});

test('a disk that fills up while the new version gets healthy does not take it down', async () => {
  const files = new MemoryFileSystem();
  const world = await NodeWorld.ready(files);
  let full = false;
  world.health = () => {
    // Up to the last block, but the journal's own still takes lines.
    if (world.service.starts === 1 && !full) files.capacityBytes = files.usedBytes + 2000;
    full ||= world.service.starts === 1;
    return {};
  };
  expect(await world.result(world.updateTo(newRelease, atOld))).toMatchObject({ kind: 'done' });
  expect(full).toBe(true);
  expect((await world.observe(true)).drift).toEqual([]);
});

test('a full disk does not keep a failed update from being taken back', async () => {
  const files = new MemoryFileSystem();
  const world = new NodeWorld(files);
  const large = (version: string, names: string) =>
    makeRelease({ version, files: Object.fromEntries(Array.from(names, (name) => [name, version.repeat(4000)])) });
  const [from, to] = [large('1.6.0', 'abc'), large('1.7.0', 'bcd')];
  await world.init();
  for (const release of [from, to]) world.offer(release);
  await world.install(from);
  await world.result({ kind: 'stage', authority, releases: [to.staged] });
  const before = await world.tree();
  world.service.starts = 0;
  world.health = () => {
    if (world.service.starts === 1) files.capacityBytes = files.usedBytes + 6000;
    return { ok: world.service.starts !== 1 };
  };
  const result = await world.result(world.updateTo(to, { themisdb: from.manifest.manifestHash }));
  expect(result).toMatchObject({ kind: 'rolled-back', failure: { code: 'UNHEALTHY' } });
  expect(await world.tree()).toBe(before);
  expect(world.service.running).toBe(true);
});

test('a drain that is refused leaves the node running and rejoined', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  world.endpoint.answer('POST http://127.0.0.1:8765/drain', () => ({ ok: false }));
  const result = await world.result(world.updateTo(newRelease, atOld));
  expect(result).toMatchObject({ kind: 'rolled-back', failure: { code: 'DRAIN_FAILED' } });
  expect(world.service.stops).toBe(0);
  expect(await world.tree()).toBe(before);
});

test('a service that cannot be stopped is left as it is', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  world.service.stubborn = true;
  expect(await world.result(world.updateTo(newRelease, atOld))).toMatchObject({
    kind: 'rolled-back',
    failure: { code: 'TIMEOUT' },
  });
  expect(world.service.running).toBe(true);
  expect(await world.tree()).toBe(before);
});

test('observing reads only what moved since the last look, unless it is asked for everything', async () => {
  const world = await NodeWorld.ready();
  const file = `${world.root}/install/bin/server`;
  let hashed = 0;
  const files: FileSystem = new Proxy(world.files, {
    get(target, name: keyof FileSystem) {
      if (name === 'digestFile') hashed += 1;
      return (target[name] as (...given: unknown[]) => unknown).bind(target);
    },
  });
  const observe = (full: boolean) =>
    handleNodeRequest({ ...world.deps(), files })(requestOf({ kind: 'observe', full }));
  await observe(false);
  expect(hashed).toBe(0);
  await world.files.writeFile(file, new TextEncoder().encode('server 1.4'), 0o755);
  expect(await observe(false)).toMatchObject({ observed: { drift: [] } });
  expect(hashed).toBe(1);
  await observe(true);
  expect(hashed).toBe(1 + oldRelease.manifest.files.length);
});

test('a file that somebody changes during the switch keeps the new version from starting, and is put right', async () => {
  const world = await NodeWorld.ready();
  const before = await world.tree();
  const started: string[] = [];
  world.service.onStart = async () => void started.push(await world.served());
  const meddle = async (): Promise<void> => {
    const path = `${world.root}/install/share/same.txt`;
    await world.files.writeFile(path, new TextEncoder().encode('the same in evil'), 0o644);
  };
  let meddling: Promise<void> | undefined;
  const reply = await world.handler()(requestOf(world.updateTo(newRelease, atOld)), ({ phase }) => {
    if (phase === 'switch') meddling = meddle();
  });
  await meddling;
  expect(reply).toMatchObject({ result: { kind: 'rolled-back', failure: { code: 'FILE_HASH_MISMATCH' } } });
  expect(await world.tree()).toBe(before);
  expect(started).toEqual([before]);
});

test('a rollback to before the first installation leaves nothing installed and nothing running', async () => {
  const world = new NodeWorld();
  await world.init();
  const empty = await world.tree();
  await world.install(oldRelease);
  const back = { kind: 'rollback', authority, operation: 'back', keep: null, healthTimeoutMs: 1000 } as const;
  expect((await world.result({ ...back, restorePoint: 'before-1.4.0' })).kind).toBe('done');
  expect(await world.tree()).toBe(empty);
  expect(world.service).toMatchObject({ running: false, starts: 1, stops: 1 });
  expect((await world.observe()).packages).toEqual({});
});

test('what the service rewrites once it runs is drift, and goes into the next restore point as it is', async () => {
  const world = await NodeWorld.ready();
  const conf = `${world.root}/install/etc/server.conf`;
  const rewritten = new TextEncoder().encode('port = 1111');
  // As long as the released file.
  world.service.onStart = () => world.files.writeFile(conf, rewritten, 0o600);
  await world.result(world.updateTo(newRelease, atOld));
  expect((await world.observe()).drift).toEqual([{ package: 'themisdb', path: 'etc/server.conf', problem: 'changed' }]);
  const repair = world.updateTo(newRelease, atNew, { restorePoint: 'rewritten' });
  expect((await world.result(repair)).kind).toBe('done');
  world.service.onStart = () => {};
  const back = { kind: 'rollback', authority, operation: 'back', keep: null, healthTimeoutMs: 1000 } as const;
  await world.result({ ...back, restorePoint: 'before-1.5.0' });
  await world.result({ ...back, operation: 'forth', restorePoint: 'rewritten' });
  expect(await world.files.readFile(conf)).toEqual(rewritten);
});

test('a missing file of another package stays missing, whatever its name', async () => {
  const world = await NodeWorld.ready();
  const plugin = makeRelease({ package: 'plugin', version: '1.0.0', files: { constructor: 'a file' } });
  world.offer(plugin);
  await world.result({ kind: 'stage', authority, releases: [plugin.staged] });
  await world.result(world.updateTo(plugin, atOld, { restorePoint: 'before-plugin' }));
  await world.files.removeFile(`${world.root}/install/constructor`);
  const expected = { ...atOld, plugin: plugin.manifest.manifestHash };
  expect((await world.result(world.updateTo(newRelease, expected))).kind).toBe('done');
});

test('a service without a health endpoint that ends soon after its start is rolled back', async () => {
  const world = new NodeWorld();
  const { endpoints: _, ...document } = nodeDocument;
  await world.init(document);
  await world.install(oldRelease);
  await world.result({ kind: 'stage', authority, releases: [newRelease.staged] });
  const before = await world.tree();
  world.service.onStarted = () => {
    // Is seen running once or twice.
    if (world.service.starts === 2) setImmediate(() => (world.service.running = false));
  };
  expect(await world.result(world.updateTo(newRelease, atOld))).toMatchObject({
    kind: 'rolled-back',
    failure: { code: 'UNHEALTHY' },
  });
  expect(await world.tree()).toBe(before);
  expect(world.service).toMatchObject({ running: true, starts: 3 });
});

test('somebody who sets the clock neither hastens nor delays what waits for health', async () => {
  const hour = 3_600_000;
  for (const [jump, healthyAfter, kind] of [
    [hour, 3, 'done'],
    [-hour, 100, 'rolled-back'],
  ] as const) {
    const world = await NodeWorld.ready();
    let looks = 0;
    world.health = () => {
      if (world.service.starts !== 1) return {};
      looks += 1;
      if (looks === 1) world.clock.jump(jump);
      return { ok: looks > healthyAfter };
    };
    expect((await world.result(world.updateTo(newRelease, atOld))).kind).toBe(kind);
  }
});
