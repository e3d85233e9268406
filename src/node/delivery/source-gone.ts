import { type ErrorCode, ThemisError } from '../../kernel/error.ts';
import { joinReleasePath, releaseLimits, releaseNames } from '../../model/release-format/layout.ts';
import type { Stageable } from './stage-releases.ts';

const silent: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'UNREACHABLE', 'TIMEOUT']);

/**
 * UNREACHABLE in the place of FILE_MISSING where the manifest, which was there when it was verified, cannot be had any more
 * either: a disk that was taken away or a server that lost its files says nothing of the release. Every other error as it is.
 */
export async function unlessSourceGone(releases: readonly Stageable[], error: unknown): Promise<unknown> {
  if (!(error instanceof ThemisError) || error.code !== 'FILE_MISSING') return error;
  for (const { manifest, source, path } of releases) {
    try {
      await source.readFile(joinReleasePath(path, releaseNames.manifest), releaseLimits.manifestBytes);
    } catch (cause) {
      if (!(cause instanceof ThemisError) || !silent.has(cause.code)) continue;
      const title = `${manifest.package} ${manifest.version}`;
      return new ThemisError('UNREACHABLE', `The source of ${title} is gone: not even its manifest is there now.`, {
        cause,
        hint: 'What has come is kept: bring the source back and stage again, and it goes on from there.',
      });
    }
  }
  return error;
}
