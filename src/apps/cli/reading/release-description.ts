/** A release described by options and, where one is imported, by a flat manifest; options win. Its counter depends on others. */
import { resolve } from 'node:path';
import { openSqlParser } from '../../../adapters/sql-parser/libpg-query.ts';
import { parseStrictJson } from '../../../kernel/document/strict-json.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { releaseLimits } from '../../../model/release-format/layout.ts';
import { isPackageName, isReleaseVersion, isTimestamp } from '../../../model/release-format/shapes.ts';
import type { Architecture, Platform, ReleaseProbe } from '../../../model/release.ts';
import type { FileSystem } from '../../../ports/file-system.ts';
import type { ReleaseDescription } from '../../../release/build-release.ts';
import type { FlatManifest } from '../../../release/flat/import-flat.ts';
import type { ParsedStatement } from '../../../ports/schema/sql-parser.ts';
import { parseDependencies } from '../../../release/parse-dependency.ts';
import type { Input, Session } from '../command.ts';
import { formatInstant, instantOf } from './release-input.ts';

export async function describeRelease(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
  flat: FlatManifest | undefined,
): Promise<Omit<ReleaseDescription, 'counter'>> {
  const packageName = checked(
    input.text('package')!,
    isPackageName,
    '--package',
    'lower-case letters, digits, dots, dashes',
  );
  const version = checked(
    input.text('version') ?? flat?.version,
    isReleaseVersion,
    '--version',
    'a SemVer version such as 1.5.0',
  );
  const minUpgradeFrom = input.text('min-upgrade-from') ?? flat?.minUpgradeFrom ?? null;
  const probes = await readProbes(session, input, fileSystem);
  return {
    product: input.text('product') ?? packageName,
    package: packageName,
    version,
    tagName: input.text('tag') ?? flat?.tagName ?? `v${version}`,
    releaseNotes: (await readNotes(session, input, fileSystem)) ?? flat?.releaseNotes ?? '',
    releaseDate: dateOf(session, input, 'release-date') ?? flat?.releaseDate ?? sourceDate(session),
    isCritical: input.flag('critical') || flat?.isCritical === true,
    expiresAt: instantOf(session, input, 'expires') ?? null,
    platform: (input.text('platform') ?? flat?.platform ?? 'any') as Platform,
    architecture: (input.text('architecture') ?? flat?.architecture ?? 'any') as Architecture,
    dependencies: parseDependencies([...(flat?.dependencies ?? []), ...input.list('depends')], input.list('conflicts')),
    minUpgradeFrom:
      minUpgradeFrom === null
        ? null
        : checked(minUpgradeFrom, isReleaseVersion, '--min-upgrade-from', 'a SemVer version'),
    dataSchemaVersion: input.integer('data-schema-version') ?? flat?.dataSchemaVersion ?? 1,
    build: {
      commit: input.text('commit') ?? flat?.build.commit ?? null,
      date: dateOf(session, input, 'build-date') ?? flat?.build.date ?? null,
      compiler: input.text('compiler') ?? flat?.build.compiler ?? null,
    },
    ...(probes === undefined ? {} : { probes }),
  };
}

function checked(value: string | undefined, fits: (text: string) => boolean, option: string, expected: string): string {
  if (value === undefined) throw new ThemisError('USAGE', `${option} is needed.`);
  if (!fits(value)) throw new ThemisError('USAGE', `${option} takes ${expected}, not "${value}".`);
  return value;
}

function dateOf(session: Session, input: Input, option: string): string | undefined {
  const text = input.text(option);
  if (text === undefined || isTimestamp(text)) return text;
  throw new ThemisError(
    'USAGE',
    `--${option} takes a time in UTC such as ${formatInstant(session.clock.nowMs())}, not "${text}".`,
  );
}

/** reproducible-builds.org: the one date a build may have of its own. */
function sourceDate(session: Session): string {
  const epoch = session.environment['SOURCE_DATE_EPOCH'];
  return formatInstant(epoch !== undefined && /^\d{1,12}$/u.test(epoch) ? Number(epoch) * 1000 : session.clock.nowMs());
}

async function readNotes(session: Session, input: Input, fileSystem: FileSystem): Promise<string | undefined> {
  const file = input.text('notes');
  if (file === undefined) return undefined;
  const bytes = await fileSystem.readFile(resolve(session.directory, file));
  return new TextDecoder().decode(bytes).replaceAll('\r\n', '\n').trim();
}

async function readProbes(
  session: Session,
  input: Input,
  fileSystem: FileSystem,
): Promise<readonly ReleaseProbe[] | undefined> {
  const file = input.text('probes');
  if (file === undefined) return undefined;
  const json = parseStrictJson(
    await fileSystem.readFile(resolve(session.directory, file)),
    releaseLimits.manifestBytes,
  );
  // Whether they are probes is seen when the manifest is read back.
  if (json.ok && Array.isArray(json.value)) {
    const probes = json.value as readonly ReleaseProbe[];
    await checkQueries(file, probes);
    return probes;
  }
  throw new ThemisError('USAGE', `${file} is not a JSON list of probes${json.ok ? '' : `: ${json.detail}`}.`);
}

/** Once signed they stay as they are, and each failure of one holds up a migration. */
async function checkQueries(file: string, probes: readonly ReleaseProbe[]): Promise<void> {
  const parser = await openSqlParser();
  for (const probe of probes) {
    if (typeof probe?.sql !== 'string') continue;
    const parsed = parser.parse(probe.sql);
    const problem = 'message' in parsed ? parsed.message : queryProblem(parsed.statements);
    if (problem === undefined) continue;
    throw new ThemisError('USAGE', `Probe ${probe.name} in ${file} is not one query: ${problem}.`);
  }
}

/** What PREPARE takes. */
const queries: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

function queryProblem(statements: readonly ParsedStatement[]): string | undefined {
  const [first] = statements;
  if (first === undefined || statements.length > 1) return `it holds ${statements.length} statements`;
  return queries.has(Object.keys(first.node)[0]!) ? undefined : 'it reads and writes no rows';
}
