/** The release sources a Fleet may name, one case each; all face the same contract suite. */
import { resolve } from 'node:path';
import { ThemisError } from '../../kernel/error.ts';
import type { ReleaseSourceSpec } from '../../model/desired.ts';
import type { ReleaseSource } from '../../ports/release-source.ts';
import { openDirectorySource } from './directory.ts';

/** `base`: the fleet directory, from which relative directories count. */
export function openReleaseSource(spec: ReleaseSourceSpec, base: string): ReleaseSource {
  switch (spec.kind) {
    case 'directory':
      return openDirectorySource(resolve(base, spec.directory));
    case 'http':
    case 'github':
      throw new ThemisError('USAGE', `This version of Themis cannot fetch releases from ${spec.kind} yet.`, {
        hint: 'Mirror the releases and write `releases: { directory: ./releases }` in the Fleet.',
      });
  }
}
