/** Plans of a running fleet, as processes: the same bytes twice, exactly what was reviewed, drift, and refusals. */
import { chmodSync, cpSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { StatusView } from '../../src/report/status-table.ts';
import { digestJson } from '../../src/kernel/digest.ts';
import { eventually } from '../support/eventually.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make();
  await fleet.askFor('1.5.0');
}, 120_000);
afterAll(() => fleet.remove());

const release = 'releases/themisdb-1.5.0';

/** Without the two fields that tell when. */
function timeless(out: string): string {
  return out.replaceAll(/"(createdAt|expiresAt)": "[^"]*"/gu, '"$1"');
}

async function locked(): Promise<boolean> {
  const { conditions } = JSON.parse((await fleet.themis('status', '-o', 'json')).out) as StatusView;
  return conditions.find(({ type }) => type === 'Locked')!.status;
}

test('the same inputs give the same bytes in two processes, live and from a snapshot', async () => {
  const snapshot = fleet.file('releases/snapshot.json');
  expect(await fleet.themis('observe', '--out', snapshot)).toMatchObject({ code: 0 });
  const lines = [['plan'], ['plan'], ['plan', '--observed', snapshot], ['plan', '--observed', snapshot]];
  const plans = await Promise.all(lines.map((line) => fleet.themis(...line, '-o', 'json')));
  expect(plans.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const [first, ...others] = plans.map(({ out }) => timeless(out));
  expect(first).toContain('"kind":"node-update"');
  for (const other of others) expect(other).toBe(first);
  rmSync(snapshot);
});

describe('a release that is not what was signed is refused before any write', () => {
  const kept = 'releases.kept';

  function flip(path: string, at: number): void {
    const bytes = readFileSync(fleet.file(path));
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(fleet.file(path), bytes);
  }

  /** Named by the index and the lock, and signed with the right key: only what it says is wrong. */
  async function forge(change: (text: string) => string): Promise<void> {
    const old = JSON.parse(readFileSync(fleet.file(`${release}/release.json`), 'utf8')) as { manifestHash: string };
    const { manifestHash: _, ...manifest } = JSON.parse(change(JSON.stringify(old))) as typeof old;
    const manifestHash = digestJson(manifest);
    fleet.write(`${release}/release.json`, JSON.stringify({ ...manifest, manifestHash }));
    await fleet.signAnything(`${release}/release.json`);
    fleet.edit('releases/index.json', (text) => text.replaceAll(old.manifestHash, manifestHash));
    await fleet.signAnything('releases/index.json');
    fleet.edit('themis.lock.yaml', (text) => text.replaceAll(old.manifestHash, manifestHash));
  }

  const cases: Record<string, { code: string; tamper: () => void | Promise<void> }> = {
    'one flipped byte of a payload': {
      code: 'FILE_HASH_MISMATCH',
      // One that is new: what a node has already it does not fetch.
      tamper: () => flip(`${release}/share/version.json`, 5),
    },
    'one flipped byte of the manifest': {
      code: 'MANIFEST_INVALID',
      tamper: () => {
        const at = readFileSync(fleet.file(`${release}/release.json`), 'utf8').indexOf('"releaseNotes"') + 2;
        flip(`${release}/release.json`, at);
      },
    },
    'one flipped byte of the signature': {
      code: 'CMS_SIGNATURE_INVALID',
      tamper: () => flip(`${release}/release.json.p7s`, statSync(fleet.file(`${release}/release.json.p7s`)).size - 5),
    },
    'a signer of another anchor': {
      code: 'PATH_NO_ANCHOR',
      tamper: async () => {
        await fleet.line('release', 'keygen', 'releases/keys', '--name', 'Other CA');
        const foreign = ['--key', 'releases/keys/signer.key.pem'];
        const certificate = ['--certificate', 'releases/keys/signer.certificate.pem'];
        await fleet.line('release', 'sign', release, ...foreign, ...certificate);
      },
    },
    'a file that the manifest does not list': {
      code: 'FILE_UNLISTED',
      tamper: () => fleet.write(`${release}/lib/more.ts`, 'export {};\n'),
    },
    'a path that leads out': {
      code: 'MANIFEST_PATH_UNSAFE',
      tamper: () => forge((text) => text.replace('"lib/main.ts"', '"../main.ts"')),
    },
    'a manifest that lists no files': {
      code: 'MANIFEST_',
      tamper: () => forge((text) => text.replace('"files":', '"filez":')),
    },
    'a symlink in place of a file': {
      code: 'SYMLINK_REFUSED',
      tamper: () => {
        const file = fleet.file(`${release}/lib/main.ts`);
        renameSync(file, `${fleet.base}/elsewhere`);
        symlinkSync(`${fleet.base}/elsewhere`, file);
      },
    },
  };

  test.for(Object.entries(cases))('%s', async ([, { code, tamper }]) => {
    cpSync(fleet.file('releases'), fleet.file(kept), { recursive: true });
    const lock = readFileSync(fleet.file('themis.lock.yaml'), 'utf8');
    const before = [await fleet.installs(), await fleet.downloads(), fleet.startCounts()];
    try {
      await tamper();
      const ran = await fleet.themis('apply', '--auto-approve', '-o', 'jsonl');
      expect(ran.code, ran.err + ran.out).toBe(4);
      expect(ran.err + ran.out).toContain(code);
      // Staging ahead goes on for itself; it must not meet the release that is put back.
      await eventually(
        async () => fleet.operations(),
        (left) => left.length === 0,
      );
    } finally {
      fleet.write('themis.lock.yaml', lock);
      rmSync(fleet.file('releases'), { recursive: true });
      renameSync(fleet.file(kept), fleet.file('releases'));
    }
    expect([await fleet.installs(), await fleet.downloads(), fleet.startCounts()]).toEqual(before);
    expect(await locked()).toBe(false);
  });
});

describe('a saved plan', () => {
  const save = async (name: string, ...line: string[]): Promise<string> => {
    const ran = await fleet.themis('plan', '--out', name, ...line);
    expect(ran.code, ran.err).toBe(0);
    return name;
  };

  const moved = 'the fleet is no longer what this plan was made from';

  async function expectStale(plan: string, why: string): Promise<void> {
    const before = [await fleet.installs(), fleet.startCounts()];
    const ran = await fleet.themis('apply', plan);
    expect([ran.code, ran.err]).toEqual([8, expect.stringContaining(why)]);
    expect([await fleet.installs(), fleet.startCounts()]).toEqual(before);
    expect(await locked()).toBe(false);
  }

  test('is stale once the desired state was edited', async () => {
    const plan = await save('edited.themisplan');
    const good = readFileSync(fleet.file('rollout.yaml'), 'utf8');
    fleet.edit('rollout.yaml', (text) => text.replace('timeout: 30s', 'timeout: 31s'));
    await expectStale(plan, 'the desired state is no longer the one');
    fleet.write('rollout.yaml', good);
  });

  test('is refused once a byte of it was edited', async () => {
    const plan = await save('altered.themisplan');
    fleet.edit(plan, (text) => text.replace('"healthTimeoutMs":3', '"healthTimeoutMs":9'));
    await expectStale(plan, 'THM3084');
  });

  test('is stale once it expired', async () => {
    await expectStale(await save('expired.themisplan', '--at', '2026-01-01T00:00:00Z'), 'this plan expired at');
  });

  test('is stale once an installed file was edited', async () => {
    const plan = await save('drifted.themisplan');
    const file = fleet.inNode('node-b', 'install/lib/metrics.ts');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, `${good}\n`);
    await expectStale(plan, moved);
    writeFileSync(file, good);
    expect((await fleet.plan()).drift).toEqual([]);
  });

  test('of one node changes that node, and makes a plan of all nodes stale', async () => {
    const all = await save('all.themisplan');
    const leader = await fleet.leader();
    const { name } = fleet.nodes.find((node) => node.name !== leader)!;
    const one = await save('one.themisplan', '--target', `node/${name}`);
    const ran = await fleet.themis('apply', one);
    expect(ran.code, ran.err).toBe(0);
    expect(await fleet.serving()).toEqual({ ...fleet.all('1.4.0'), [name]: '1.5.0' });
    await expectStale(all, moved);
    await expectStale(one, moved);
  });

  test('is refused while the fleet is suspended, and changes nothing when it is only tried', async () => {
    const plan = await save('rest.themisplan');
    const starts = fleet.startCounts();
    expect(await fleet.themis('apply', plan, '--dry-run')).toMatchObject({ code: 0 });
    expect(await fleet.themis('suspend', '--reason', 'incident')).toMatchObject({ code: 0 });
    const held = await fleet.themis('apply', plan);
    expect([held.code, held.out]).toEqual([4, expect.stringContaining('THM3051')]);
    expect(await fleet.themis('resume')).toMatchObject({ code: 0 });
    expect(fleet.startCounts()).toEqual(starts);
  });

  test('goes on as itself after a kill, whatever somebody wrote outside of its seal', async () => {
    const plan = 'rest.themisplan';
    const made = JSON.parse(readFileSync(fleet.file(plan), 'utf8')) as Plan;
    const deferred = made.steps.map(({ id }) => ({ step: id, reason: 'edited', until: null }));
    fleet.write(plan, JSON.stringify({ ...made, deferred }));
    const killed = fleet.start('apply', plan);
    await killed.printed(': done in');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const ran = await fleet.themis('apply', plan);
    expect(ran.code, ran.err).toBe(0);
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    expect(fleet.startCounts()).toEqual(fleet.all(2));
    expect((await fleet.history()).map(({ end }) => end?.result)).not.toContain(undefined);
    await expectStale(plan, moved);
  });
});

test('drift becomes a repair, which restores bytes and modes', async () => {
  const before = await fleet.installs();
  writeFileSync(fleet.inNode('node-a', 'install/lib/metrics.ts'), '// edited\n');
  rmSync(fleet.inNode('node-b', 'install/lib/metrics.ts'));
  chmodSync(fleet.inNode('node-c', 'install/lib/metrics.ts'), 0o600);
  const plan = await fleet.plan();
  expect(plan.drift.map(({ node, files }) => [node, files.map(({ path, problem }) => `${path} ${problem}`)])).toEqual([
    ['node-a', ['lib/metrics.ts changed']],
    ['node-b', ['lib/metrics.ts missing']],
    ['node-c', ['lib/metrics.ts mode']],
  ]);
  expect(plan.steps.map(({ kind, target }) => `${kind} ${target}`).sort()).toEqual(
    ['node-a', 'node-b', 'node-c'].map((name) => `node-repair node/${name}`),
  );
  expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 2 });
  const ran = await fleet.themis('apply', '--auto-approve');
  expect(ran.code, ran.err).toBe(0);
  expect(await fleet.installs()).toEqual(before);
  expect(await fleet.themis('plan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  const again = await fleet.themis('apply', '-o', 'jsonl');
  const closing = { type: 'execution-finished', execution: null, result: 'nothing-to-do', exitCode: 0 };
  expect(JSON.parse(again.out.trimEnd().split('\n').at(-1)!)).toMatchObject(closing);
}, 60_000);

test('a snapshot plans without the servers, and a fleet that is down is seen as such', async () => {
  expect(await fleet.themis('observe', '--out', 'seen.themisplan')).toMatchObject({ code: 0 });
  fleet.killServers();
  expect(await fleet.themis('plan', '--observed', 'seen.themisplan', '--detailed-exitcode')).toMatchObject({ code: 0 });
  const { nodes } = JSON.parse((await fleet.themis('status', '-o', 'json')).out) as StatusView;
  expect(new Set(nodes.map(({ health }) => health))).toEqual(new Set(['stopped']));
  await fleet.startServers();
  await fleet.leader();
});
