import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import type { Command, Input, Session } from '../command.ts';
import { schemasDirectory } from '../../package-files.ts';
import { scaffoldFiles, type ScaffoldChoices } from '../scaffold.ts';

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/u;

export const initCommand: Command = {
  name: 'init',
  group: 'Start',
  summary: 'write the files of a new fleet repository; existing files stay as they are',
  arguments: [{ name: 'DIR', summary: 'where (default: here)' }],
  options: [
    { name: '--name', value: 'NAME', summary: 'name of the fleet (default: the name of the directory)' },
    { name: '--package', value: 'NAME', summary: 'package the nodes run', default: 'themisdb' },
    {
      name: '--ci',
      value: 'SYSTEM',
      summary: 'CI file to write',
      choices: ['github', 'gitlab', 'none'],
      default: 'github',
    },
  ],
  examples: [
    { line: 'themis init', summary: 'here' },
    { line: 'themis init orders --ci gitlab', summary: 'in a new directory, for GitLab' },
  ],
  async run(session, input) {
    const directory = resolve(session.directory, input.argument('DIR') ?? '.');
    const choices = await choose(session, input, directory);
    const schemas = readdirSync(schemasDirectory).map((file) => ({
      path: join('.themis', 'schemas', file),
      text: readFileSync(join(schemasDirectory, file), 'utf8'),
    }));
    for (const file of scaffoldFiles(choices)) {
      const made = writeNew(join(directory, file.path), file.text);
      session.out.write(`${made ? 'created' : 'kept   '}  ${file.path}\n`);
    }
    for (const file of schemas) writeNew(join(directory, file.path), file.text);
    session.out.write(`created  ${join('.themis', 'schemas')} (for editors)\n`);
    const where = relative(session.directory, directory);
    session.out.write(
      `\nNext: describe your nodes in ${join(where, 'fleet.yaml')}, then run: themis validate${where === '' ? '' : ` ${where}`}\n`,
    );
    return exitCode.done;
  },
};

async function choose(session: Session, input: Input, directory: string): Promise<ScaffoldChoices> {
  const proposal =
    basename(directory)
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/gu, '-')
      .replaceAll(/^-+|-+$/gu, '') || 'fleet';
  let name = input.text('name');
  if (name === undefined && session.ask !== undefined)
    name = (await session.ask(`Name of the fleet [${proposal}]: `)).trim();
  if (name === undefined || name === '') name = proposal;
  if (!namePattern.test(name)) {
    throw new ThemisError(
      'USAGE',
      `"${name}" is no fleet name: use lower-case letters, digits and hyphens, at most 63`,
    );
  }
  const ci = input.text('ci') as ScaffoldChoices['ci'];
  return { name, uid: randomUUID(), package: input.text('package')!, ci };
}

function writeNew(path: string, text: string): boolean {
  if (existsSync(path)) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return true;
}
