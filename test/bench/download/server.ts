/**
 * Entry of the server of a bench, in a process of its own: the release in the current directory, with the milliseconds
 * of latency and the bytes a second for each connection that it was given, or no limit. Says its address in a line; ends
 * with its parent.
 */
import { readFileSync } from 'node:fs';
import { startFaultServer } from '../../support/fault-server.ts';
import { releaseDirectory, writtenManifest } from './release.ts';

const [latencyMs, bytesPerSecond] = process.argv.slice(2).map(Number);
const manifestPath = `${releaseDirectory}/release.json`;
const paths = [manifestPath, ...writtenManifest().files.map(({ path }) => `${releaseDirectory}/${path}`)];
const server = await startFaultServer({
  files: new Map(paths.map((path) => [path, readFileSync(path)])),
  ...(latencyMs === undefined ? {} : { latencyMs }),
  ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
});
process.stdout.write(`${server.url}\n`);
process.stdin.resume().on('end', () => process.exit());
