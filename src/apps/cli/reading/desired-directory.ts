/**
 * Reads the YAML files of a fleet directory: from disk, or from Git at a revision, which gives the same files whatever
 * lies in the work tree. The directory may be anywhere below the root of its repository. Nothing outside of it is read.
 */
import { lstat, open, readdir, realpath, type FileHandle } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { compareText, type Finding } from '../../../kernel/finding.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { SourceFile } from '../../../kernel/document/source-text.ts';
import type { PlanSource } from '../../../model/plan.ts';
import type { Git } from '../../../ports/git.ts';
import { anchorsFile, isSkippedName, liesInSkipped, skippedDirectories } from './skipped-directories.ts';

export interface DesiredFiles {
  /** Sorted by path, which is relative to the fleet directory. */
  readonly files: readonly SourceFile[];
  readonly source: PlanSource;
  /** The fleet directory below the root of its repository, `/`-separated; '' at the root and outside Git. */
  readonly prefix: string;
  /** Files that could not be taken as they are; the rest was read. */
  readonly findings: readonly Finding[];
}

/** Far above a fleet of 100,000 nodes in one file. */
const maxFileBytes = 64 * 2 ** 20;
const ownDocument = /["']?\bapiVersion["']?[ \t]*:[ \t]*["']?themis\.dev\//u;

/** NOT_FOUND for a directory or revision that is not there; GIT where a revision is asked for outside a repository. */
export async function readDesiredDirectory(directory: string, git: Git, revision?: string): Promise<DesiredFiles> {
  const found = await git.locate(directory);
  if (revision === undefined) return readWorkTree(directory, git, found);
  if (found !== null) return readRevision(found, git, revision);
  throw new ThemisError('GIT', `${directory} is in no Git repository, so it has no revision ${revision}.`);
}

type Located = { readonly root: string; readonly path: string };

async function readWorkTree(directory: string, git: Git, found: Located | null): Promise<DesiredFiles> {
  const base = await realpath(directory);
  const findings: Finding[] = [];
  const paths = await walk(base, '', findings);
  const kept = found === null ? paths : await withoutIgnored(paths, git, found);
  const files: SourceFile[] = [];
  for (const path of kept) {
    take(path, await readBytes(join(base, path)), files, findings);
  }
  if (found === null) {
    return { files, findings, prefix: '', source: { repository: null, revision: null, dirty: false, signer: null } };
  }
  const [head, dirty, repository] = await Promise.all([
    git.head(found.root),
    git.isDirty(found.root, found.path),
    git.remote(found.root),
  ]);
  const signer = head === null ? null : await git.signer(found.root, head);
  return { files, findings, prefix: found.path, source: { repository, revision: head, dirty, signer } };
}

async function readRevision({ root, path }: Located, git: Git, revision: string): Promise<DesiredFiles> {
  const commit = await git.resolve(root, revision);
  const [listed, links, repository, signer] = await Promise.all([
    git.listFiles(root, commit, path),
    git.listLinks(root, commit, path),
    git.remote(root),
    git.signer(root, commit),
  ]);
  const findings: Finding[] = [];
  const skipped = skippedDirectories(listed);
  const isWanted = (file: string): boolean => isCandidate(file) && !liesInSkipped(file, skipped);
  for (const [link, target] of links) {
    if (!isYaml(link) || liesInSkipped(link, skipped)) continue;
    const end = posix.normalize(posix.join(posix.dirname(link), target));
    if (target.startsWith('/') || end.startsWith('..')) findings.push(outwardLink(link));
  }
  const wanted = listed.filter(isWanted);
  const contents = await git.readFiles(
    root,
    commit,
    wanted.map((file) => (path === '' ? file : `${path}/${file}`)),
  );
  const files: SourceFile[] = [];
  for (const [index, file] of wanted.entries()) take(file, contents[index]!, files, findings);
  return { files, findings, prefix: path, source: { repository, revision: commit, dirty: false, signer } };
}

/** YAML files below a directory, under whatever ending, sorted. Links are never followed: inside the tree their target is read where it lies. */
async function walk(base: string, directory: string, findings: Finding[]): Promise<string[]> {
  const entries = await readdir(join(base, directory), { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  if (directory !== '' && (names.has('.git') || (await isSkippedDirectory(join(base, directory), names)))) return [];
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (isSkippedName(entry.name)) continue;
    if (entry.isDirectory()) found.push(...(await walk(base, path, findings)));
    else if (entry.isFile() && isCandidate(path)) found.push(path);
    else if (entry.isSymbolicLink() && isYaml(path)) await checkLink(base, path, findings);
  }
  return found;
}

async function isSkippedDirectory(directory: string, names: ReadonlySet<string>): Promise<boolean> {
  const paths = [...names].map((name) => `here/${name}`);
  const anchors =
    names.has('node.yaml') && names.has('trust') ? await lstat(join(directory, anchorsFile)).catch(() => null) : null;
  return skippedDirectories(anchors === null ? paths : [...paths, `here/${anchorsFile}`]).has('here');
}

async function checkLink(base: string, path: string, findings: Finding[]): Promise<void> {
  const target = await realpath(join(base, path)).catch(() => undefined);
  const inside = target === undefined ? '..' : relative(base, target);
  if (inside === '..' || inside.startsWith(`..${sep}`)) findings.push(outwardLink(path));
}

async function withoutIgnored(paths: readonly string[], git: Git, found: Located): Promise<readonly string[]> {
  const prefix = found.path === '' ? '' : `${found.path}/`;
  const ignored = await git.ignored(
    found.root,
    paths.map((path) => prefix + path),
  );
  return paths.filter((path) => !ignored.has(prefix + path));
}

async function readBytes(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await lstat(path);
    return size > maxFileBytes ? new Uint8Array(maxFileBytes + 1) : await file.readFile();
  } catch (cause) {
    throw new ThemisError('IO', `${path} cannot be read.`, { cause });
  } finally {
    await file?.close();
  }
}

function decode(path: string, bytes: Uint8Array, findings: Finding[]): string | undefined {
  const source = { file: path, line: 1, col: 1 };
  if (bytes.length > maxFileBytes) {
    const summary = `${path} is larger than ${maxFileBytes / 2 ** 20} MiB.`;
    findings.push({ severity: 'error', code: 'THM1007', summary, fix: 'Split it into several files.', source });
    return undefined;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const summary = `${path} is not UTF-8 text.`;
    findings.push({ severity: 'error', code: 'THM1007', summary, fix: 'Save it as UTF-8.', source });
    return undefined;
  }
}

/** A file of another program may be called anything; a document of Themis under another ending would be overlooked. */
function take(path: string, bytes: Uint8Array, files: SourceFile[], findings: Finding[]): void {
  if (isYaml(path)) {
    const text = decode(path, bytes, findings);
    if (text !== undefined) files.push({ path, text });
    return;
  }
  const text = new TextDecoder().decode(bytes);
  const at = text.search(ownDocument);
  if (at === -1) return;
  const lines = text.slice(0, at).split('\n');
  findings.push({
    severity: 'error',
    code: 'THM1009',
    summary: `${path} holds a document of Themis, but only files that end in .yaml are read.`,
    fix: `Rename it to ${path.replace(/\.[^.]*$/u, '')}.yaml.`,
    source: { file: path, line: lines.length, col: lines.at(-1)!.length + 1 },
  });
}

function outwardLink(path: string): Finding {
  return {
    severity: 'error',
    code: 'THM1008',
    summary: `${path} is a symbolic link that leads out of the fleet directory.`,
    fix: 'Replace it with a file: what runs must be in the directory that is reviewed.',
    source: { file: path, line: 1, col: 1 },
  };
}

function isYaml(path: string): boolean {
  return path.endsWith('.yaml');
}

function isCandidate(path: string): boolean {
  return /\.ya?ml$/iu.test(path);
}
