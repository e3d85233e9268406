import { dirname, join, relative, resolve } from 'node:path';
import { createNodeFileSystem } from '../../../adapters/file-system/node.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { releaseLimits, releaseNames } from '../../../model/release-format/layout.ts';
import { architectures, platforms } from '../../../model/release-format/shapes.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import { type BuiltRelease, listPayload, sealManifest, writeRelease } from '../../../release/build-release.ts';
import { describePayload } from '../../../release/describe-payload.ts';
import { writeFlatManifest } from '../../../release/flat/export-flat.ts';
import { checkFlatFiles, type FlatManifest, parseFlatManifest } from '../../../release/flat/import-flat.ts';
import { nextCounter, scanReleases } from '../../../release/scan-releases.ts';
import type { Command, Session } from '../command.ts';
import { describeRelease } from '../reading/release-description.ts';
import { directoryOf } from '../reading/release-input.ts';
import { recordingRelease } from '../releases/releases-place.ts';
import { outputOption } from '../output-option.ts';

export const releaseBuildCommand: Command = {
  name: 'release build',
  group: 'Releases',
  summary: 'hash a directory and write its release.json',
  arguments: [{ name: 'DIR', summary: 'the payload, as it is to be installed', required: true }],
  options: [
    { name: '--package', value: 'NAME', summary: 'package', required: true },
    { name: '--version', value: 'VERSION', summary: 'SemVer version, without build metadata' },
    { name: '--product', value: 'NAME', summary: 'product (default: the package)' },
    { name: '--tag', value: 'NAME', summary: 'tag in Git (default: v and the version)' },
    {
      name: '--counter',
      value: 'N',
      summary: 'grows with every release (default: one more than any of the package; built again, the same)',
    },
    { name: '--notes', value: 'FILE', summary: 'release notes' },
    { name: '--critical', summary: 'a security update' },
    { name: '--platform', value: 'PLATFORM', summary: 'default: any', choices: platforms },
    { name: '--architecture', value: 'ARCHITECTURE', summary: 'default: any', choices: architectures },
    {
      name: '--depends',
      value: 'PACKAGE[?][@RANGE]',
      summary: 'needed package; ? makes it optional',
      repeatable: true,
    },
    {
      name: '--conflicts',
      value: 'PACKAGE[@RANGE]',
      summary: 'package that may not be installed beside it',
      repeatable: true,
    },
    { name: '--min-upgrade-from', value: 'VERSION', summary: 'oldest version this one can follow' },
    { name: '--data-schema-version', value: 'N', summary: 'version of the data on disk (default: 1)' },
    { name: '--expires', value: 'TIME', summary: 'no node accepts it for the first time after this time or duration' },
    { name: '--release-date', value: 'TIME', summary: 'default: SOURCE_DATE_EPOCH, else now' },
    { name: '--commit', value: 'ID', summary: 'commit it was built from' },
    { name: '--build-date', value: 'TIME', summary: 'when it was built' },
    { name: '--compiler', value: 'TEXT', summary: 'what it was built with' },
    { name: '--probes', value: 'FILE', summary: 'JSON list of queries it sends: [{ name, database, sql }]' },
    { name: '--import', value: 'FILE', summary: 'take identity and file list from a flat manifest of ThemisDB' },
    {
      name: '--flat',
      summary: `also write ${releaseNames.flatManifest}, the form that ThemisDB's own updater reads`,
    },
    outputOption,
  ],
  examples: [
    { line: 'themis release build releases/themisdb-1.5.0 --package themisdb --version 1.5.0', summary: 'the least' },
    {
      line: "themis release build DIR --package themisdb --version 1.5.0 --depends 'themis-query@>=1.4 <2'",
      summary: 'with a dependency',
    },
    {
      line: 'themis release build DIR --package themisdb --import DIR/manifest.json',
      summary: 'from a manifest of ThemisDB',
    },
    {
      line: 'themis release build DIR --package themisdb --version 1.5.0 --flat',
      summary: "for ThemisDB's own updater as well",
    },
  ],
  async run(session, input) {
    const directory = directoryOf(session, input);
    if (input.flag('flat') && input.text('import') !== undefined) {
      throw new ThemisError('USAGE', '--flat and --import exclude each other.', {
        hint: `An imported manifest is kept as it is, as ${releaseNames.flatManifest}.`,
      });
    }
    const fileSystem = createNodeFileSystem();
    const imported = await readImport(session, fileSystem, directory, input.text('import'));
    const description = await describeRelease(session, input, fileSystem, imported?.flat);
    const counter = input.integer('counter');
    const present = await listPayload(fileSystem, directory);
    if (imported !== undefined) checkFlatFiles(imported.flat.files, present);
    const files = imported?.flat.files ?? present;
    const written = await recordingRelease(session, directory, async (place) => {
      const beside = await scanReleases(fileSystem, dirname(directory));
      const passed = await place?.store.lastCounter(description.package);
      const next = counter ?? nextCounter(beside, description, passed);
      const built = sealManifest({ ...description, files, counter: next });
      const flat = imported?.bytes ?? (input.flag('flat') ? flatOf(session, built) : null);
      return { ...built, ...(await writeRelease(fileSystem, directory, built, flat)) };
    });
    if (input.text('output') === 'json') session.out.write(new TextDecoder().decode(written.bytes));
    else session.out.write(summary(relative(session.directory, directory) || '.', written, written.changed));
    if (written.removed.includes(releaseNames.flatManifest))
      session.err.write(`${releaseNames.flatManifest} was of the manifest before and is removed; --flat writes it.\n`);
    if (written.removed.includes(releaseNames.signature)) {
      session.err.write(
        'The signature was for the manifest before and is removed; sign again. A node that has that manifest refuses ' +
          'another one with its counter: give this one a --counter of its own, or better a version.\n',
      );
    }
    return exitCode.done;
  },
};

interface Imported {
  readonly flat: FlatManifest;
  readonly bytes: Uint8Array;
}

/** The original may lie in the payload only under the name it is kept by: anything else there would be a file of the release. */
async function readImport(
  session: Session,
  fileSystem: FileSystem,
  directory: string,
  file: string | undefined,
): Promise<Imported | undefined> {
  if (file === undefined) return undefined;
  const path = resolve(session.directory, file);
  const inside = relative(directory, path);
  if (!inside.startsWith('..') && inside !== releaseNames.flatManifest) {
    throw new ThemisError('USAGE', `${file} lies in the payload and would become a file of the release.`, {
      hint: `Move it out, or name it ${join(file, '..', releaseNames.flatManifest)}.`,
    });
  }
  if (((await fileSystem.lstat(path))?.sizeBytes ?? 0) > releaseLimits.manifestBytes)
    throw new ThemisError('MANIFEST_INVALID', `${file} is too large.`);
  const bytes = await fileSystem.readFile(path);
  return { flat: parseFlatManifest(bytes), bytes };
}

function flatOf(session: Session, { manifest }: BuiltRelease): Uint8Array {
  const { bytes, lost } = writeFlatManifest(manifest);
  if (lost.length > 0) session.err.write(`${releaseNames.flatManifest} cannot say ${lost.join(', ')}.\n`);
  return bytes;
}

function summary(directory: string, { manifest }: BuiltRelease, changed: boolean): string {
  const lines = [
    `${manifest.package} ${manifest.version} (${manifest.platform}/${manifest.architecture}, counter ${manifest.counter})`,
    `  ${describePayload(manifest.files)}`,
    `  manifest ${manifest.manifestHash}`,
    changed
      ? `Wrote ${join(directory, releaseNames.manifest)}. Next: themis release sign ${directory} --key FILE --certificate FILE`
      : 'No changes.',
  ];
  return `${lines.join('\n')}\n`;
}
