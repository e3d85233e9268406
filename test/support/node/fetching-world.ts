/** A node on a real disk that fetches from a real server, for the test and for the process that it kills. */
import { appendFileSync } from 'node:fs';
import { systemClock } from '../../../src/adapters/clock/system.ts';
import { nodeDownloads } from '../../../src/apps/agent/node-memory.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { httpSource } from '../release-sources.ts';
import { bigRelease } from './big-release.ts';
import { processDeps } from './process-world.ts';
import { acceptingIndex } from './releases.ts';

/** With the big release at a server, and what it remembers in its files. */
export function fetchingDeps(root: string, url: string): NodeDeps {
  return {
    ...processDeps(root),
    clock: systemClock,
    downloads: nodeDownloads,
    openSource: () => counted(httpSource(url), fetchedFile(root)),
    verifyIndex: acceptingIndex(bigRelease.files),
  };
}

/** Beside the node root: how many bytes each chunk had, one a line; a process that is killed has said so far. */
export const fetchedFile = (root: string): string => `${root}.fetched`;

function counted(source: ReleaseSource, file: string): ReleaseSource {
  return {
    ...source,
    async openFile(name, wanted) {
      const opened = await source.openFile(name, wanted);
      return { ...opened, chunks: counting(opened.chunks, file) };
    },
  };
}

async function* counting(chunks: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    appendFileSync(file, `${chunk.length}\n`);
    yield chunk;
  }
}
