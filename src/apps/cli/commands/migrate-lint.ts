/** `themis migrate lint`: what is unsafe about the migrations of a fleet directory. Changes nothing, asks no node. */
import { resolve } from 'node:path';
import { openGit } from '../../../adapters/git/simple-git.ts';
import { openSqlParser } from '../../../adapters/sql-parser/libpg-query.ts';
import { sortedFindings, withFrames } from '../../../desired/locate-findings.ts';
import { didYouMean } from '../../../kernel/did-you-mean.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import type { Desired, DesiredMigration } from '../../../model/desired.ts';
import type { Command, Input, Session } from '../command.ts';
import { readFleetCatalog } from '../databases/fleet-databases.ts';
import { lintMigrations, type ReadCatalog } from '../databases/lint-migrations.ts';
import { lintFormats, printLint, type LintFormat } from '../databases/print-lint.ts';
import { printFindings } from '../fleet/fleet-session.ts';
import { loadDesired } from '../reading/load-desired.ts';

export const migrateLintCommand: Command = {
  name: 'migrate lint',
  group: 'Databases',
  summary: 'show what is unsafe about migrations, and how the same is done safely',
  arguments: [{ name: 'DIR', summary: 'fleet directory; default: the current one' }],
  options: [
    { name: '--migration', value: 'NAME', summary: 'only this Migration', repeatable: true },
    { name: '--rev', value: 'REV', summary: 'read a revision instead of the work tree' },
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
    { line: 'themis migrate lint -o markdown', summary: 'for a comment on the pull request' },
  ],
  run: (session, input) => runLint(session, input, readFleetCatalog(session, directoryOf(session, input))),
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
  const chosen = chosenOf(desired, input.list('migration'));
  const found = await lintMigrations(desired, chosen, await openSqlParser(), readCatalogOf);
  const findings: readonly Finding[] = sortedFindings(withFrames(found, files));
  printLint(session, findings, {
    format: (input.text('output') ?? 'text') as LintFormat,
    migrations: chosen.length,
    prefix: loaded.prefix,
    fallbackFile: files[0]?.path ?? 'fleet.yaml',
    files: files.length,
  });
  return hasErrors(findings) ? exitCode.invalid : exitCode.done;
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
