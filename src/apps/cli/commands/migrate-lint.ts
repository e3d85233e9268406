/** `themis migrate lint`: what is unsafe about the migrations of a fleet directory. Changes nothing, asks no node. */
import { resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { openSqlParser } from '../../../adapters/sql-parser/libpg-query.ts';
import { sortedFindings, withFrames } from '../../../desired/locate-findings.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import type { Snapshot } from '../../../model/observed.ts';
import { parseSnapshot } from '../../../observe/snapshot.ts';
import type { Desired, DesiredMigration } from '../../../model/desired.ts';
import type { Command, Input, Session } from '../command.ts';
import { readFleetCatalog } from '../databases/fleet-databases.ts';
import { lintMigrations, type ReadCatalog } from '../databases/lint-migrations.ts';
import { lintReleases, unreadReleases, type LintReleases } from '../databases/lint-releases.ts';
import { lintFormats, printLint, type LintFormat } from '../databases/print-lint.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { loadCatalogue } from '../reading/catalogue.ts';
import { loadDesired } from '../reading/load-desired.ts';
import { readTextFile } from '../reading/text-file.ts';

export const migrateLintCommand: Command = {
  name: 'migrate lint',
  group: 'Databases',
  summary: 'show what is unsafe about migrations, and how the same is done safely',
  arguments: [{ name: 'DIR', summary: 'fleet directory; default: the current one' }],
  options: [
    { name: '--migration', value: 'NAME', summary: 'only this Migration', repeatable: true },
    { name: '--observed', value: 'FILE', summary: 'take what nodes run from a snapshot of `themis observe`' },
    { name: '--rev', value: 'REV', summary: 'read a revision instead of the work tree' },
    { name: '--against', value: 'REV', summary: 'only Migrations that another revision has not, or has otherwise' },
    {
      name: '--output',
      short: '-o',
      value: 'FORMAT',
      summary: 'output format',
      choices: lintFormats,
      default: 'text',
    },
  ],
  examples: [
    { line: 'themis migrate lint', summary: 'every Migration of the fleet in this directory' },
    { line: 'themis migrate lint --migration add-phone', summary: 'one of them' },
    { line: 'themis migrate lint --against main -o markdown', summary: 'for a comment on the pull request' },
  ],
  async run(session, input) {
    const unasked = (database: string, why: string): void => {
      if (session.verbosity === 'quiet') return;
      session.err.write(`Database ${database} is not asked for sizes and what is in it: ${why}\n`);
    };
    return await runLint(session, input, readFleetCatalog(session, directoryOf(session, input), unasked));
  },
};

/** `readCatalogOf` gives rows, sizes and names of what is there; without it everything is taken to be large. */
export async function runLint(session: Session, input: Input, readCatalogOf?: ReadCatalog): Promise<number> {
  const directory = directoryOf(session, input);
  const loaded = await loadDesired(directory, openGit(), input.text('rev'));
  const { desired, files } = loaded;
  if (desired === undefined) {
    printFindings(session, loaded.findings);
    return exitCode.invalid;
  }
  const known = await knownIn(directory, input.text('against'));
  const chosen = chosenOf(desired, input.list('migration')).filter((one) => !known.has(canonicalJson(one)));
  const releases = chosen.length === 0 ? undefined : await readReleases(session, input, desired, directory);
  const linted = await lintMigrations(desired, chosen, await openSqlParser(), readCatalogOf, releases);
  const findings: readonly Finding[] = sortedFindings(withFrames(linted.findings, files));
  printLint(session, findings, {
    format: (input.text('output') ?? 'text') as LintFormat,
    migrations: chosen.length - linted.finished,
    finished: linted.finished,
    prefix: loaded.prefix,
    fallbackFile: files[0]?.path ?? 'fleet.yaml',
    files: files.length,
  });
  return hasErrors(findings) ? exitCode.invalid : exitCode.done;
}

/** What was observed comes with the manifests of then: no source is asked. */
async function readReleases(
  session: Session,
  input: Input,
  desired: Desired,
  directory: string,
): Promise<LintReleases | undefined> {
  if (Object.keys(desired.fleet.packages).length === 0) return undefined;
  const file = input.text('observed');
  if (file !== undefined) {
    const { catalogue, observed } = await readSnapshot(resolve(session.directory, file), desired);
    return lintReleases(desired, catalogue, observed);
  }
  try {
    return lintReleases(desired, await loadCatalogue(desired, directory, session), undefined);
  } catch (error) {
    if (!(error instanceof ThemisError) || error.code === 'BUG') throw error;
    return unreadReleases(error.message);
  }
}

async function readSnapshot(path: string, { fleet }: Desired): Promise<Snapshot> {
  const parsed = parseSnapshot(await readTextFile(path), path);
  if ('findings' in parsed) throw new ThemisError('USAGE', parsed.findings[0]!.summary);
  if (parsed.snapshot.fleet.uid === fleet.uid) return parsed.snapshot;
  throw new ThemisError('USAGE', `${path} was taken of fleet ${parsed.snapshot.fleet.name}, not of ${fleet.name}.`);
}

/** Migrations as another revision has them; none where that is no fleet yet. */
async function knownIn(directory: string, revision: string | undefined): Promise<ReadonlySet<string>> {
  if (revision === undefined) return new Set();
  const { desired } = await loadDesired(directory, openGit(), revision);
  return new Set((desired?.migrations ?? []).map(canonicalJson));
}

function directoryOf(session: Session, input: Input): string {
  return resolve(session.directory, input.argument('DIR') ?? '.');
}

function chosenOf({ migrations }: Desired, names: readonly string[]): readonly DesiredMigration[] {
  if (names.length === 0) return migrations;
  return names.map((name) => {
    const one = migrations.find((migration) => migration.name === name);
    if (one !== undefined) return one;
    const near = didYouMean(
      name,
      migrations.map((migration) => migration.name),
    );
    const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
    throw new ThemisError('USAGE', `There is no Migration named "${name}".`, hint);
  });
}
