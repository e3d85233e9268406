/**
 * Entry of the server of the bench, in a process of its own: the release in the current directory, 20 ms of latency and
 * 50 Mbit/s for each connection. Says its address in a line; ends with its parent.
 */
import { readFileSync } from 'node:fs';
import { startFaultServer } from '../../support/fault-server.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { releaseDirectory } from './release.ts';

const manifestPath = `${releaseDirectory}/release.json`;
const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as ReleaseManifest;
const paths = [manifestPath, ...manifest.files.map(({ path }) => `${releaseDirectory}/${path}`)];
const server = await startFaultServer({
  files: new Map(paths.map((path) => [path, readFileSync(path)])),
  latencyMs: 20,
  bytesPerSecond: 50_000_000 / 8,
});
process.stdout.write(`${server.url}\n`);
process.stdin.resume().on('end', () => process.exit());
