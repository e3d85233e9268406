import { posix } from 'node:path';
import { ThemisError } from '../../src/kernel/error.ts';
import { compareText } from '../../src/kernel/finding.ts';
import type { Git } from '../../src/ports/git.ts';

/** A link is written as `-> target`. */
export type Tree = Readonly<Record<string, string>>;

export interface FakeRepository {
  readonly root: string;
  /** Commit id, branch or tag to its files. */
  readonly revisions: Readonly<Record<string, { readonly id: string; readonly tree: Tree; readonly signer?: string }>>;
  readonly head: string | null;
  /** What differs from HEAD, relative to root. */
  readonly changed?: readonly string[];
  readonly remote?: string;
  readonly userEmail?: string;
  readonly ignored?: (path: string) => boolean;
}

const linkMark = '-> ';

/** Git in memory. */
export function fakeGit(repository: FakeRepository): Git {
  const { root, revisions, head } = repository;
  const find = (revision: string): FakeRepository['revisions'][string] => {
    const name = revision === 'HEAD' ? head : revision;
    const found =
      name === null ? undefined : Object.entries(revisions).find(([key, { id }]) => key === name || id === name);
    if (found === undefined) throw new ThemisError('NOT_FOUND', `There is no revision ${revision}.`);
    return found[1];
  };
  const below = (path: string) => (name: string) => path === '' || name.startsWith(`${path}/`);
  const entries = (revision: string, path: string): readonly (readonly [string, string])[] =>
    Object.entries(find(revision).tree)
      .filter(([name]) => below(path)(name))
      .map(([name, text]) => [path === '' ? name : name.slice(path.length + 1), text] as const)
      .sort(([a], [b]) => compareText(a, b));
  const read = (revision: string, path: string): string => {
    const text = find(revision).tree[path];
    if (text === undefined) throw new ThemisError('NOT_FOUND', `Revision ${revision} has no file ${path}.`);
    return text;
  };
  return {
    async locate(directory) {
      const path = posix.relative(root, directory);
      return path.startsWith('..') ? null : { root, path };
    },
    resolve: async (_, revision) => find(revision).id,
    head: async () => (head === null ? null : find(head).id),
    isDirty: async (_, path) => (repository.changed ?? []).some(below(path)),
    userEmail: async () => repository.userEmail ?? null,
    remote: async () => repository.remote ?? null,
    signer: async (_, revision) => find(revision).signer ?? null,
    listFiles: async (_, revision, path) =>
      entries(revision, path)
        .filter(([, text]) => !text.startsWith(linkMark))
        .map(([name]) => name),
    listLinks: async (_, revision, path) =>
      new Map(
        entries(revision, path)
          .filter(([, text]) => text.startsWith(linkMark))
          .map(([name, text]) => [name, text.slice(linkMark.length)]),
      ),
    readFile: async (_, revision, path) => read(revision, path),
    readFiles: async (_, revision, paths) => paths.map((path) => new TextEncoder().encode(read(revision, path))),
    ignored: async (_, paths) => new Set(paths.filter((path) => repository.ignored?.(path) ?? false)),
  };
}
