/**
 * Git through the system's `git`. What many files need in one go (`cat-file --batch`, `check-ignore --stdin`) is fed on
 * standard input, so that 1,000 files cost one process. Never writes to a repository, asks nobody, and takes nothing
 * from `GIT_*` variables: inside a hook they name another repository.
 */
import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { simpleGit } from 'simple-git';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import type { Git } from '../../ports/git.ts';
import { withoutCredentials } from './without-credentials.ts';

export function openGit(): Git {
  return {
    locate,
    resolve,
    head,
    isDirty,
    userEmail,
    remote,
    signer,
    listFiles,
    listLinks,
    readFile,
    readFiles,
    ignored,
  };
}

const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'XDG_CONFIG_HOME', 'GNUPGHOME', 'SystemRoot', 'USERPROFILE'];

function environment(): Record<string, string> {
  const inherited = kept.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  // Messages are told apart by their English text.
  return { ...Object.fromEntries(inherited), LC_ALL: 'C' };
}

async function run(directory: string, ...words: readonly string[]): Promise<string> {
  try {
    return await simpleGit({ baseDir: directory, allowEnvironment: Object.keys(environment()) })
      .env(environment())
      .raw([...words]);
  } catch (error) {
    throw gitError(error);
  }
}

function gitError(error: unknown): ThemisError {
  if (error instanceof ThemisError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('ENOENT')) {
    return new ThemisError('GIT', 'The git program was not found.', {
      cause: error,
      hint: 'Install git, or put it on PATH.',
    });
  }
  if (text.includes('dubious ownership')) {
    const hint = 'Run "git config --global --add safe.directory DIR" if you trust the repository.';
    return new ThemisError('GIT', 'Git refuses the repository because another user owns it.', { cause: error, hint });
  }
  const line = text.split('\n').find((part) => part.trim() !== '') ?? text;
  return new ThemisError('GIT', `Git failed: ${withoutCredentials(line.trim())}.`, { cause: error });
}

/** undefined when git says no; other failures are errors. */
async function attempt(directory: string, no: RegExp, ...words: readonly string[]): Promise<string | undefined> {
  try {
    return await run(directory, ...words);
  } catch (error) {
    if (error instanceof ThemisError && error.cause instanceof Error && no.test(error.cause.message)) return undefined;
    throw error;
  }
}

async function locate(directory: string): Promise<{ readonly root: string; readonly path: string } | null> {
  await access(directory).catch((cause: unknown) => {
    throw new ThemisError('NOT_FOUND', `There is no directory ${directory}.`, { cause });
  });
  const text = await attempt(
    directory,
    /not a git repository|must be run in a work tree/u,
    'rev-parse',
    '--show-toplevel',
    '--show-prefix',
  );
  if (text === undefined) return null;
  const [root = '', prefix = ''] = text.split('\n');
  return { root, path: prefix.replace(/\/$/u, '') };
}

async function resolve(root: string, revision: string): Promise<string> {
  const no = /Needed a single revision|unknown revision|bad revision|not a valid object|ambiguous/iu;
  const text = await attempt(root, no, 'rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`);
  if (text === undefined) {
    const hint = 'Name a branch, tag or commit that this clone has; a shallow clone has few.';
    throw new ThemisError('NOT_FOUND', `There is no revision ${revision}.`, { hint });
  }
  return text.trim();
}

async function head(root: string): Promise<string | null> {
  try {
    return await resolve(root, 'HEAD');
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

async function isDirty(root: string, path: string): Promise<boolean> {
  const text = await run(
    root,
    '--no-optional-locks',
    'status',
    '--porcelain',
    '-z',
    '--untracked-files=all',
    '--',
    literal(path),
  );
  return text !== '';
}

async function userEmail(directory: string): Promise<string | null> {
  const text = await run(directory, 'config', '--default', '', '--get', 'user.email');
  return text.trim() === '' ? null : text.trim();
}

async function remote(root: string): Promise<string | null> {
  // `config` without a value ends with 1 and says nothing.
  const text = await run(root, 'config', '--default', '', '--get', 'remote.origin.url');
  return text.trim() === '' ? null : withoutCredentials(text.trim());
}

async function signer(root: string, revision: string): Promise<string | null> {
  const commit = await resolve(root, revision);
  const text = await run(root, 'log', '-1', '--format=%G?%n%GF%n%GK', commit, '--');
  const [verdict, fingerprint, key] = text.split('\n');
  // U: the signature is good, and nothing is said about whose key it is; whose it may be is policy, not Git's to say.
  if (verdict !== 'G' && verdict !== 'U') return null;
  return fingerprint || key || null;
}

interface TreeEntry {
  readonly mode: string;
  readonly object: string;
  readonly path: string;
}

async function listTree(root: string, revision: string, path: string): Promise<readonly TreeEntry[]> {
  const commit = await resolve(root, revision);
  const words = ['ls-tree', '-r', '-z', '--full-tree', commit];
  const text = await run(root, ...words, ...(path === '' ? [] : ['--', `${path}/`]));
  const start = path === '' ? 0 : path.length + 1;
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode = '', object = '', whole = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/su.exec(line) ?? [];
      return { mode, object, path: whole.slice(start) };
    })
    .sort((a, b) => compareText(a.path, b.path));
}

const linkMode = '120000';

async function listFiles(root: string, revision: string, path: string): Promise<readonly string[]> {
  const entries = await listTree(root, revision, path);
  return entries.filter(({ mode }) => mode.startsWith('100')).map((entry) => entry.path);
}

async function listLinks(root: string, revision: string, path: string): Promise<ReadonlyMap<string, string>> {
  const links = (await listTree(root, revision, path)).filter(({ mode }) => mode === linkMode);
  const targets = await readObjects(
    root,
    links.map(({ object }) => object),
  );
  return new Map(links.map((link, index) => [link.path, new TextDecoder().decode(targets[index])]));
}

async function readFile(root: string, revision: string, path: string): Promise<string> {
  const [bytes] = await readFiles(root, revision, [path]);
  return new TextDecoder().decode(bytes);
}

async function readFiles(root: string, revision: string, paths: readonly string[]): Promise<readonly Uint8Array[]> {
  const objects = new Map((await listTree(root, revision, '')).map((entry) => [entry.path, entry.object]));
  const wanted = paths.map((path) => {
    const object = objects.get(path);
    if (object === undefined) throw new ThemisError('NOT_FOUND', `Revision ${revision} has no file ${path}.`);
    return object;
  });
  return readObjects(root, wanted);
}

async function readObjects(root: string, objects: readonly string[]): Promise<readonly Uint8Array[]> {
  if (objects.length === 0) return [];
  const { output } = await feed(root, ['cat-file', '--batch'], objects.map((object) => `${object}\n`).join(''), [0]);
  const found: Uint8Array[] = [];
  let at = 0;
  for (const object of objects) {
    const lineEnd = output.indexOf(10, at);
    const size = Number(output.subarray(at, lineEnd).toString('latin1').split(' ')[2]);
    if (lineEnd === -1 || !Number.isInteger(size)) throw new ThemisError('GIT', `Git did not return object ${object}.`);
    found.push(output.subarray(lineEnd + 1, lineEnd + 1 + size));
    at = lineEnd + 1 + size + 1;
  }
  return found;
}

async function ignored(root: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  // It ends with 1 when it ignores none of them.
  const { output } = await feed(
    root,
    ['check-ignore', '-z', '--stdin'],
    paths.map((path) => `${path}\0`).join(''),
    [0, 1],
  );
  return new Set(
    output
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== ''),
  );
}

/** A path as it is, whatever wildcards it holds. */
function literal(path: string): string {
  return path === '' ? '.' : `:(literal)${path}`;
}

function feed(
  root: string,
  words: readonly string[],
  input: string,
  good: readonly number[],
): Promise<{ readonly output: Buffer }> {
  return new Promise((done, fail) => {
    const child = spawn('git', words, { cwd: root, env: environment(), stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    // Git may end before it read everything; its exit code says why.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => fail(gitError(error)));
    child.on('close', (code) => {
      if (code !== null && good.includes(code)) done({ output: Buffer.concat(output) });
      else
        fail(gitError(new Error(Buffer.concat(complaints).toString('utf8') || `git ${words[0]!} ended with ${code}`)));
    });
    child.stdin.end(input);
  });
}
