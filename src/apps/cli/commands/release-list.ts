import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openManifestStore } from '../../../adapters/manifest-store/index.ts';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { type FoundRelease, scanReleases } from '../../../release/scan-releases.ts';
import { checkStoredFile } from '../../../release/store/stored-file.ts';
import { syncStore } from '../../../release/store/sync-store.ts';
import { markOf, presentIndex } from '../../../release/index/yank.ts';
import type { Command, Input, Session } from '../command.ts';
import { formatTable } from '../../../report/table.ts';
import { releasesDirectoryOf } from '../reading/release-input.ts';
import { outputOption } from '../output-option.ts';

export const releaseListCommand: Command = {
  name: 'release list',
  group: 'Releases',
  summary: 'list the releases of a directory; nothing is verified',
  arguments: [{ name: 'DIR', summary: 'the directory of releases (default: releases, else here)' }],
  options: [
    { name: '--releases', value: 'DIR', summary: 'the same, as an option' },
    {
      name: '--file',
      value: 'PATH',
      summary: 'the releases that install a file at this path, and whether its bytes are those of the manifest',
    },
    outputOption,
  ],
  examples: [
    { line: 'themis release list', summary: 'what lies in ./releases' },
    { line: 'themis release list releases -o json', summary: 'for scripts' },
    { line: 'themis release list --file bin/server', summary: 'which releases hold it' },
  ],
  async run(session, input) {
    const directory = listedDirectory(session, input);
    const fileSystem = createNodeFileSystem();
    const found = await scanReleases(fileSystem, directory);
    const path = input.text('file');
    if (path !== undefined) return listFile(session, input, fileSystem, directory, found, path);
    const present = await presentIndex(openDirectorySource(directory));
    const yanked = new Set(present === null ? [] : markOf(present.index).yanked);
    const rows = found.map((release) => rowOf(release, yanked));
    if (input.text('output') === 'json') {
      session.out.write(`${JSON.stringify({ releases: rows }, null, 2)}\n`);
    } else {
      session.out.write(rows.length === 0 ? 'No releases.\n' : tableOf(rows));
    }
    return exitCode.done;
  },
};

/** Only looks: the registry is made in memory, so that a directory that cannot be written can be asked as well. */
async function listFile(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
  root: string,
  found: readonly FoundRelease[],
  path: string,
): Promise<number> {
  const store = await openManifestStore({ kind: 'memory' });
  await syncStore(store, found);
  const rows = [];
  for (const registered of await store.holding(path)) {
    const { directory, file, ...identity } = registered;
    const state = await checkStoredFile(fileSystem, root, registered);
    rows.push({ ...identity, sizeBytes: file.sizeBytes, sha256: file.sha256, state, directory: directory || '.' });
  }
  const isIntact = rows.every(({ state }) => state === 'intact');
  if (input.text('output') === 'json') {
    session.out.write(`${JSON.stringify({ path, files: rows }, null, 2)}\n`);
  } else if (rows.length === 0) {
    session.out.write(`No release holds ${path}.\n`);
  } else {
    const headers = ['package', 'version', 'platform', 'size', 'sha256', 'bytes', 'directory'];
    const cells = rows.map((row) => [
      row.package,
      row.version,
      platformOf(row),
      formatSize(row.sizeBytes),
      row.sha256.slice(0, 12),
      row.state,
      row.directory,
    ]);
    session.out.write(formatTable(headers, cells));
  }
  return isIntact ? exitCode.done : exitCode.failed;
}

function platformOf({ platform, architecture }: { readonly platform: string; readonly architecture: string }): string {
  return platform === 'any' && architecture === 'any' ? 'any' : `${platform}/${architecture}`;
}

function listedDirectory(session: Session, input: Input): string {
  const argument = input.argument('DIR');
  const option = input.text('releases');
  if (argument !== undefined && option !== undefined) throw new ThemisError('USAGE', 'Name the directory once.');
  return releasesDirectoryOf(session, argument ?? option);
}

type Row = ReturnType<typeof rowOf>;

function rowOf({ directory, isSigned, result }: FoundRelease, yanked: ReadonlySet<string>) {
  const path = directory === '' ? '.' : directory;
  if (!result.ok) return { directory: path, ok: false as const, code: result.code, message: result.message };
  const { manifest } = result;
  return {
    directory: path,
    ok: true as const,
    package: manifest.package,
    version: manifest.version,
    platform: manifest.platform,
    architecture: manifest.architecture,
    manifestHash: manifest.manifestHash,
    counter: manifest.counter,
    critical: manifest.isCritical,
    signed: isSigned,
    yanked: yanked.has(manifest.manifestHash),
    releaseDate: manifest.releaseDate,
    expiresAt: manifest.expiresAt,
    files: manifest.files.length,
    sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}

function tableOf(rows: readonly Row[]): string {
  const headers = ['package', 'version', 'platform', 'counter', 'files', 'size', 'released', 'notes', 'directory'];
  const cells = rows.map((row) =>
    row.ok
      ? [
          row.package,
          row.version,
          platformOf(row),
          String(row.counter),
          String(row.files),
          formatSize(row.sizeBytes),
          row.releaseDate.slice(0, 10),
          [row.critical ? 'critical' : '', row.signed ? '' : 'unsigned', row.yanked ? 'yanked' : '']
            .filter((note) => note !== '')
            .join(', '),
          row.directory,
        ]
      : ['?', '', '', '', '', '', '', `refused: ${row.code}`, row.directory],
  );
  return formatTable(headers, cells);
}
