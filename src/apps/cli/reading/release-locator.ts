import { posix, resolve } from 'node:path';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Desired, DesiredNode } from '../../../model/desired.ts';
import type { ReleaseLocator, WantedRelease } from '../../../model/message.ts';

export type Locate = (node: DesiredNode, release: WantedRelease) => ReleaseLocator;

/** Where nodes find releases, by manifest hash, as the index of the fleet's release source says. */
export async function createLocate(desired: Desired, directory: string): Promise<Locate> {
  const { releases } = desired.fleet;
  if (releases.kind !== 'directory') {
    throw new ThemisError('UNSUPPORTED_FORMAT', `Releases are not read from ${releases.kind} yet.`, {
      hint: 'Write "releases: { directory: ./releases }" in the Fleet.',
    });
  }
  const root = resolve(directory, releases.directory);
  const { index } = await openDirectorySource(root).readIndex();
  const paths = new Map(index.entries.map((entry) => [entry.manifestHash, posix.dirname(entry.url)]));
  return (_node, { package: name, version, manifestHash }) => {
    const path = paths.get(manifestHash);
    if (path !== undefined) return { kind: 'directory', directory: root, path };
    throw new ThemisError('NOT_FOUND', `The release index no longer lists ${name} ${version} (${manifestHash}).`, {
      hint: 'Put the release back and index it again, or plan for another one.',
    });
  };
}
