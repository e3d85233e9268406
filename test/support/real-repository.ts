import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tree } from './fake-git.ts';

export interface Repository {
  readonly root: string;
  git(...words: readonly string[]): string;
  write(tree: Tree): void;
  /** Commits all there is and returns its id. */
  commit(message: string): string;
  remove(): void;
}

/** A Git repository of its own, with nobody's settings. */
export function newRepository(): Repository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'themis-git-')));
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  const env = { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
  const git = (...words: readonly string[]): string =>
    execFileSync('git', [...identity, ...words], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '-q', '-b', 'main');
  return {
    root,
    git,
    write: (tree) => writeTree(root, tree),
    commit(message) {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** `-> target` makes a symbolic link. */
export function writeTree(root: string, tree: Tree): void {
  for (const [path, text] of Object.entries(tree)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), file);
    else writeFileSync(file, text);
  }
}
