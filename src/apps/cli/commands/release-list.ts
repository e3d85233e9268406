import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { openManifestStore } from '../../../adapters/manifest-store/index.ts';
import { openDirectorySource } from '../../../adapters/release-source/directory.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { formatSize } from '../../../kernel/units/size.ts';
import { architectures, platforms } from '../../../model/release-format/shapes.ts';
import type { ManifestStore, StoreStatistics } from '../../../ports/manifest-store.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { type FoundDelta, patchBytesOf, scanDeltas } from '../../../release/delta/scan-deltas.ts';
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
  summary: 'list the releases of a directory, the deltas between them and what all take up; nothing is verified',
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
    const latest = await latestOf(found, yanked);
    const rows = found.map((release) => rowOf(release, yanked, latest));
    const deltas = (await scanDeltas(fileSystem, directory)).map(deltaRowOf);
    const { signatures: _, downloads: _cache, tombstones: _graves, ...statistics } = await storeOf(found, statisticsIn);
    if (input.text('output') === 'json') {
      session.out.write(`${JSON.stringify({ releases: rows, deltas, statistics }, null, 2)}\n`);
    } else {
      session.out.write(rows.length === 0 ? 'No releases.\n' : `${tableOf(rows)}${totalOf(statistics)}`);
      if (deltas.length > 0) session.out.write(`\n${deltaTableOf(deltas)}`);
    }
    return exitCode.done;
  },
};

/** Only looks: the registry is made in memory, so that a directory that cannot be written can be asked as well. */
async function storeOf<T>(found: readonly FoundRelease[], ask: (store: ManifestStore) => Promise<T>): Promise<T> {
  const store = await openManifestStore({ kind: 'memory' });
  await syncStore(store, found);
  return ask(store);
}

const statisticsIn = async (store: ManifestStore): Promise<StoreStatistics> => store.statistics();

const machines = platforms.flatMap((platform) =>
  architectures.flatMap((architecture) =>
    platform === 'any' || architecture === 'any' ? [] : [{ platform, architecture }],
  ),
);

/** Directories of what each machine would be offered as the newest: of each package, not withdrawn. */
async function latestOf(found: readonly FoundRelease[], yanked: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const offered = found.filter(({ result }) => result.ok && !yanked.has(result.manifest.manifestHash));
  return storeOf(offered, async (store) => {
    const latest = new Set<string>();
    for (const name of new Set((await store.find({})).map(({ manifest }) => manifest.package))) {
      for (const machine of machines) {
        const newest = await store.latest(name, machine);
        if (newest !== null) latest.add(newest.directory);
      }
    }
    return latest;
  });
}

function totalOf({ releases, packages, files, sizeBytes, distinctBytes }: Totals): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
  const size = `${formatSize(sizeBytes)}, ${formatSize(distinctBytes)} without repeats`;
  return `${count(releases, 'release')} of ${count(packages, 'package')}, ${count(files, 'file')}, ${size}\n`;
}

type Totals = Omit<StoreStatistics, 'signatures' | 'downloads' | 'tombstones'>;

async function listFile(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
  root: string,
  found: readonly FoundRelease[],
  path: string,
): Promise<number> {
  const rows = [];
  for (const registered of await storeOf(found, async (store) => store.holding(path))) {
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

function rowOf(
  { directory, isSigned, result }: FoundRelease,
  yanked: ReadonlySet<string>,
  latest: ReadonlySet<string>,
) {
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
    latest: latest.has(directory),
    releaseDate: manifest.releaseDate,
    expiresAt: manifest.expiresAt,
    files: manifest.files.length,
    sizeBytes: manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}

function notesOf(row: Extract<Row, { ok: true }>): string[] {
  const notes = { latest: row.latest, critical: row.critical, unsigned: !row.signed, yanked: row.yanked };
  return Object.entries(notes).flatMap(([note, holds]) => (holds ? [note] : []));
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
          notesOf(row).join(', '),
          row.directory,
        ]
      : ['?', '', '', '', '', '', '', `refused: ${row.code}`, row.directory],
  );
  return formatTable(headers, cells);
}

type DeltaRow = ReturnType<typeof deltaRowOf>;

function deltaRowOf({ directory, isSigned, result }: FoundDelta) {
  if (!result.ok) return { directory, ok: false as const, message: result.message };
  const { delta } = result;
  return {
    directory,
    ok: true as const,
    package: delta.package,
    from: delta.from,
    to: delta.to,
    platform: delta.platform,
    architecture: delta.architecture,
    signed: isSigned,
    files: delta.files.length,
    patchBytes: patchBytesOf(delta),
    targetBytes: delta.files.reduce((sum, { targetSize }) => sum + targetSize, 0),
  };
}

function deltaTableOf(rows: readonly DeltaRow[]): string {
  const headers = ['delta of', 'from', 'to', 'platform', 'files', 'patches', 'in place of', 'notes', 'directory'];
  const cells = rows.map((row) =>
    row.ok
      ? [
          row.package,
          row.from,
          row.to,
          platformOf(row),
          String(row.files),
          formatSize(row.patchBytes),
          formatSize(row.targetBytes),
          row.signed ? '' : 'unsigned',
          row.directory,
        ]
      : ['?', '', '', '', '', '', '', 'cannot be read', row.directory],
  );
  return formatTable(headers, cells);
}
