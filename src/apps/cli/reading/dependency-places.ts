/**
 * Where a dependency stands in the manifest that states it, for people: `releases/db-1.5.0/release.json:12:7`. A file
 * is read only when something is wrong in it, and only where releases lie in a directory.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import type { ReleaseSourceSpec } from '../../../model/desired.ts';
import type { PlaceOfDependency } from '../../../resolve/install-order.ts';

/** `directory` is the fleet directory. Throws what reading the index throws. */
export async function openDependencyPlaces(
  releases: ReleaseSourceSpec,
  directory: string,
): Promise<PlaceOfDependency | undefined> {
  if (releases.kind !== 'directory') return undefined;
  const { index } = await openDirectorySource(resolve(directory, releases.directory)).readIndex();
  const files = new Map(index.entries.map((entry) => [entry.manifestHash, join(releases.directory, entry.url)]));
  return ({ manifestHash }, dependency) => {
    const file = files.get(manifestHash);
    return file === undefined ? undefined : placeIn(directory, file, dependency);
  };
}

/** JSON is YAML, so the reader of YAML knows where everything stands. */
function placeIn(directory: string, file: string, dependency: number): string | undefined {
  try {
    const lines = new LineCounter();
    const document = parseDocument(readFileSync(join(directory, file), 'utf8'), { lineCounter: lines });
    const node = document.getIn(['dependencies', dependency, 'package'], true);
    if (!isNode(node) || node.range === undefined || node.range === null) return undefined;
    const { line, col } = lines.linePos(node.range[0]);
    return `${file}:${line}:${col}`;
  } catch {
    return undefined; // It was there a moment ago; the name of the release is said anyway.
  }
}
