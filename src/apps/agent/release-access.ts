/**
 * How a node gets at releases and what it believes of them. Until verification is connected nothing is believed.
 */
import { ThemisError, toFailure } from '../../kernel/error.ts';
import type { ReleaseLocator } from '../../model/message.ts';
import type { VerifyRelease } from '../../node/deps.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';

export function openSource(locator: ReleaseLocator): ReleaseSource {
  throw new ThemisError('USAGE', `This version of Themis cannot fetch releases from ${locator.kind} sources.`);
}

export const verifyRelease: VerifyRelease = (_source, _path, { package: name, version }) =>
  Promise.resolve({
    kind: 'refused',
    failure: toFailure(new ThemisError('UNSIGNED', `${name} ${version}: this version of Themis cannot verify it.`)),
  });
