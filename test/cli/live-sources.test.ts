/** Fleets whose releases lie elsewhere: on a plain HTTP server, and in a private repository of GitHub. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FaultServer, startFaultServer } from '../support/fault-server.ts';
import { type GithubServer, startGithubServer } from '../support/github-server.ts';
import { LiveFleet } from '../support/live/live-fleet.ts';
import { hasNginx, startNginx } from '../support/live/nginx-server.ts';
import { assetsOf } from '../support/release-sources.ts';

let fleet: LiveFleet;
beforeAll(async () => {
  fleet = await LiveFleet.make({ nodes: 3 });
}, 120_000);
afterAll(() => fleet.remove());

function releaseFiles(): Map<string, Uint8Array> {
  const root = fleet.file('releases');
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), readFileSync(path)];
    }),
  );
}

test('over HTTP: planned, reviewed, applied, served', async () => {
  let own: FaultServer | undefined;
  const server = hasNginx
    ? await startNginx(fleet.file('releases'))
    : (own = await startFaultServer({ files: releaseFiles() }));
  try {
    fleet.setReleases(`{ http: { url: "${server.url}" } }`);
    await fleet.askFor('1.5.0');
    expect(await fleet.themis('plan', '--out', 'next.themisplan')).toMatchObject({ code: 0 });
    const applied = await fleet.themis('apply', 'next.themisplan');
    expect(applied, applied.err).toMatchObject({ code: 0 });
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));
    const doctor = await fleet.themis('doctor');
    expect(doctor.out).toContain('index of 2, signed');
  } finally {
    await ('stop' in server ? server.stop() : own?.close());
  }
});

test('on GitHub: each machine shows the token of its own, and no request carries one', async () => {
  await fleet.addRelease('1.6.0');
  const token = 'gh-t0ken';
  const server: GithubServer = await startGithubServer({ releases: assetsOf(releaseFiles()), token, embedded: 1 });
  try {
    fleet.write('keys/github.token', token);
    fleet.setReleases(
      `{ github: { owner: themis, repo: db, apiUrl: "${server.apiUrl}", tokenFrom: { file: keys/github.token } } }`,
    );
    await fleet.askFor('1.6.0');

    const without = await fleet.themis('apply', '--auto-approve');
    expect(without.code).toBe(4);
    expect(without.err).toContain('/releases/download/themis-index/index.json does not exist');
    expect(await fleet.serving()).toEqual(fleet.all('1.5.0'));

    for (const { name } of fleet.nodes) {
      writeFileSync(fleet.inNode(name, 'github.token'), token);
      const tokens = `[{ url: "${server.apiUrl}", tokenFrom: { file: github.token } }]`;
      appendFileSync(fleet.inNode(name, 'node.yaml'), `sources: { tokens: ${tokens} }\n`);
    }
    const applied = await fleet.themis('apply', '--auto-approve');
    expect(applied, applied.err).toMatchObject({ code: 0 });
    expect(await fleet.serving()).toEqual(fleet.all('1.6.0'));
    expect(without.out + without.err + applied.out + applied.err).not.toContain(token);
    expect(server.store.requests.some(({ headers }) => 'authorization' in headers)).toBe(false);
  } finally {
    await server.close();
  }
});
