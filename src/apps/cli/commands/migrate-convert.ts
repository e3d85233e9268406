/** `themis migrate convert`: a script of SQL to a Migration. Changes no database and asks none. */
import { isUtf8 } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { openSqlParser } from '../../../adapters/sql-parser/libpg-query.ts';
import { locator } from '../../../desired/locate-findings.ts';
import { checkSchema } from '../../../desired/schema/check-schema.ts';
import { parseYaml } from '../../../desired/yaml/parse-yaml.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { hasErrors, type Finding } from '../../../kernel/finding.ts';
import { convertScript, type Conversion } from '../../../migrate/convert/convert.ts';
import { formatMigration, type MigrationHead } from '../../../migrate/convert/migration-text.ts';
import { findingsText } from '../../../report/findings.ts';
import type { Command, Input } from '../command.ts';
import { paintFor } from '../paint.ts';
import { readBytes } from '../reading/text-file.ts';

export const migrateConvertCommand: Command = {
  name: 'migrate convert',
  group: 'Databases',
  summary: 'convert a script of CREATE and ALTER statements into a Migration',
  arguments: [{ name: 'FILE', summary: 'script for PostgreSQL', required: true }],
  options: [
    { name: '--database', value: 'NAME', summary: 'Database that the Migration changes', required: true },
    { name: '--schema-version', value: 'N', summary: 'schema version after it', required: true },
    { name: '--name', value: 'NAME', summary: 'name of the Migration (default: that of the file)' },
    {
      name: '--release',
      value: 'PACKAGE=RANGE',
      summary: 'release that it belongs to',
      repeatable: true,
    },
    { name: '--out', value: 'FILE', summary: 'write the Migration to a file that is not there yet' },
  ],
  examples: [
    {
      line: `themis migrate convert add-phone.sql --database orders --schema-version 5 --release themisdb='>=1.5.0' --out migrations/add-phone.yaml`,
      summary: 'a script that belongs to release 1.5.0',
    },
    { line: 'themis migrate convert add-phone.sql --database orders --schema-version 5', summary: 'only look' },
  ],
  async run(session, input) {
    const path = resolve(session.directory, input.argument('FILE')!);
    const head = headOf(input, path);
    const shown = relative(session.directory, path);
    const bytes = await readBytes(path);
    const text = bytes.toString('utf8').replace(/^\ufeff/u, '');
    const print = (findings: readonly Finding[]): void =>
      session.err.write(findingsText(findings, paintFor(session.err)));
    if (!isUtf8(bytes)) {
      print([encodingFinding(shown, text)]);
      return exitCode.invalid;
    }
    const conversion = convertScript({ path: shown, text }, await openSqlParser());
    print(session.verbosity === 'quiet' ? loud(conversion.findings) : conversion.findings);
    if (hasErrors(conversion.findings)) return exitCode.invalid;
    const out = input.text('out');
    const made = formatMigration(head, conversion.operations, shown);
    const wrong = problemsOf(out ?? `${head.name}.yaml`, made.text);
    if (wrong.length > 0) {
      print(wrong);
      return exitCode.invalid;
    }
    if (out === undefined) session.out.write(made.text);
    else await save(resolve(session.directory, out), made.text);
    if (session.verbosity !== 'quiet') session.err.write(`${summaryOf(conversion, out)}\n`);
    return exitCode.done;
  },
};

function headOf(input: Input, path: string): MigrationHead {
  const release: Record<string, string> = {};
  for (const given of input.list('release')) {
    const at = given.indexOf('=');
    if (at < 1 || at === given.length - 1) {
      throw new ThemisError('USAGE', `--release is PACKAGE=RANGE, for example themisdb='>=1.5.0', not ${given}.`);
    }
    release[given.slice(0, at)] = given.slice(at + 1);
  }
  return {
    name: input.text('name') ?? nameOf(path),
    database: input.text('database')!,
    schemaVersion: input.integer('schema-version', 1)!,
    release,
  };
}

/** `text` has U+FFFD where its bytes are of no character. */
function encodingFinding(path: string, text: string): Finding {
  const lines = text.slice(0, text.indexOf('\ufffd')).split('\n');
  return {
    severity: 'error',
    code: 'THM7308',
    summary: 'The script is not in UTF-8: what is not read would be changed.',
    fix: 'Save it in UTF-8, by iconv -f LATIN1 -t UTF-8 for example.',
    source: { file: path, line: lines.length, col: lines.at(-1)!.length + 1 },
  };
}

/** `V5__Add Phone.sql` is `v5-add-phone`. */
function nameOf(path: string): string {
  const name = basename(path)
    .replace(/\.\w+$/u, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/gu, '-')
    .replaceAll(/^[.-]+|[.-]+$/gu, '');
  return name === '' ? 'converted' : name;
}

/** Everything that the schema of Migration has to say: about names and ranges that were given, too. */
function problemsOf(path: string, text: string): readonly Finding[] {
  const file = { path, text };
  const { documents, problems } = parseYaml(file);
  const all = [...problems, ...documents.flatMap((document) => checkSchema(document).problems)];
  return all.map(locator([file], new Map()).finding);
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new ThemisError('USAGE', `${path} is there already.`, { hint: 'Name another file, or remove it first.' });
    }
    throw new ThemisError('IO', `${path} cannot be written.`, { cause });
  }
}

function loud(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity }) => severity !== 'info');
}

/** `Converted into 12 operations, 2 of them rawSql, 1 irreversible.` */
function summaryOf({ operations }: Conversion, out: string | undefined): string {
  const raw = operations.flatMap(({ operation }) => operation.rawSql ?? []);
  const lost = raw.filter(({ irreversible }) => irreversible !== undefined).length;
  const count = `${operations.length} operation${operations.length === 1 ? '' : 's'}`;
  const parts = [
    ...(raw.length === 0 ? [] : [`${raw.length} of them rawSql`]),
    ...(lost === 0 ? [] : [`${lost} irreversible`]),
  ];
  return `Converted into ${[count, ...parts].join(', ')}${out === undefined ? '' : `: ${out}`}.`;
}
