/**
 * A releases directory as the assets that a GitHub source reads, one directory for each tag: nothing is uploaded, so that no
 * token is needed here, and what is uploaded can be looked at.
 */
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { assetPathOf, indexTag } from '../../../adapters/release-source/github/asset-path.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseNames } from '../../../model/release-format/layout.ts';
import type { Command } from '../command.ts';
import { outputOption } from '../output-option.ts';
import { directoryOf } from '../reading/release-input.ts';

/** Of GitHub: assets of a release, and bytes of an asset. */
const mostAssets = 1000;
const assetBytes = 2 ** 31;
const ownDirectory = '.themis/';

interface Asset {
  readonly path: string;
  readonly tag: string;
  readonly name: string;
}

export const releaseAssetsCommand: Command = {
  name: 'release assets',
  group: 'Releases',
  summary: 'lay releases out as assets of GitHub Releases, a directory for each tag',
  arguments: [{ name: 'DIR', summary: 'the directory of releases (default: here)' }],
  options: [
    { name: '--out', value: 'DIR', summary: 'where to; it has to be empty or absent', required: true },
    outputOption,
  ],
  examples: [
    {
      line: 'themis release assets releases --out assets',
      summary: 'makes assets/TAG/NAME, to upload tag by tag, themis-index last',
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    const out = resolve(session.directory, input.text('out')!);
    const assets = await assetsIn(directory);
    await refuseFull(out);
    for (const { path, tag, name } of assets) {
      await mkdir(join(out, tag), { recursive: true });
      // Shares the bytes where the file system can.
      await copyFile(join(directory, path), join(out, tag, name), constants.COPYFILE_FICLONE);
    }
    if (input.text('output') === 'json') {
      session.out.write(`${JSON.stringify(assets, null, 2)}\n`);
    } else {
      const where = relative(session.directory, out);
      for (const [tag, those] of byTag(assets)) session.out.write(`${where}/${tag}  ${those.length} assets\n`);
    }
    return exitCode.done;
  },
};

async function assetsIn(directory: string): Promise<readonly Asset[]> {
  const listed = (await openDirectorySource(directory).listFiles('')) ?? [];
  const paths = listed.filter(({ path }) => !path.startsWith(ownDirectory));
  if (paths.some(({ path }) => path === releaseNames.manifest)) {
    throw new ThemisError('USAGE', `${directory} is itself a release.`, { hint: 'Name the directory above it.' });
  }
  if (!paths.some(({ path }) => path === releaseNames.index)) {
    throw new ThemisError('NOT_FOUND', `There is no release index in ${directory}.`, {
      hint: 'Run: themis release index DIR',
    });
  }
  const assets: Asset[] = [];
  for (const { path, kind } of paths) {
    if (kind !== 'file') throw new ThemisError('SYMLINK_REFUSED', `${path} is not a file.`);
    if ((await lstat(join(directory, path))).size >= assetBytes) {
      throw new ThemisError('USAGE', `${path} is larger than an asset of GitHub may be (2 GiB).`);
    }
    assets.push({ path, ...assetPathOf(path) });
  }
  for (const [tag, those] of byTag(assets)) {
    if (those.length <= mostAssets) continue;
    throw new ThemisError('USAGE', `${tag} would have ${those.length} assets; GitHub takes ${mostAssets}.`);
  }
  return assets;
}

/** The index last, since it names what has to be there by then. */
function byTag(assets: readonly Asset[]): readonly (readonly [string, readonly Asset[]])[] {
  const groups = [...Map.groupBy(assets, ({ tag }) => tag)];
  return groups.sort(([a], [b]) => Number(a === indexTag) - Number(b === indexTag));
}

async function refuseFull(out: string): Promise<void> {
  const present = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new ThemisError('IO', `${out} cannot be written to.`, { cause: error });
  });
  if (present.length === 0) return;
  throw new ThemisError('USAGE', `${out} is not empty.`, { hint: 'Name another directory, or remove it.' });
}
