import { posix, resolve } from 'node:path';
import { remotePlaceOf } from '../../../adapters/release-source/index.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Desired, DesiredNode, ReleaseSourceSpec } from '../../../model/desired.ts';
import type { ReleaseLocator, WantedRelease } from '../../../model/message.ts';
import { openFleetSource, type SourceSession } from './fleet-source.ts';

export type Locate = (node: DesiredNode, release: WantedRelease) => ReleaseLocator;

/** Where nodes find releases, by manifest hash, as the index of the fleet's release source says. */
export async function createLocate(desired: Desired, directory: string, session: SourceSession): Promise<Locate> {
  const { releases } = desired.fleet;
  const { index } = await openFleetSource(desired.fleet, directory, session).readIndex();
  const paths = new Map(index.entries.map((entry) => [entry.manifestHash, posix.dirname(entry.url)]));
  return (_node, { package: name, version, manifestHash }) => {
    const path = paths.get(manifestHash);
    if (path !== undefined) return locatorOf(releases, directory, path === '.' ? '' : path);
    throw new ThemisError('NOT_FOUND', `The release index no longer lists ${name} ${version} (${manifestHash}).`, {
      hint: 'Put the release back and index it again, or plan for another one.',
    });
  };
}

function locatorOf(releases: ReleaseSourceSpec, directory: string, path: string): ReleaseLocator {
  if (releases.kind === 'directory') {
    return { kind: 'directory', directory: resolve(directory, releases.directory), path };
  }
  return { ...remotePlaceOf(releases), path };
}
