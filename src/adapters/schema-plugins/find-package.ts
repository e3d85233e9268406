/**
 * Where the package of a plug-in is: in the first `node_modules` that has its name, from the fleet directory upwards, and
 * nowhere else. A repository must not bring the code that Themis runs, so what lies in it beside `node_modules`, which a
 * link in there leads to, and what Git keeps are refused unless the machine allows it.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ThemisError } from '../../kernel/error.ts';

export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  /** Without links. */
  readonly root: string;
  /** URL that the name is imported from. */
  readonly from: string;
}

/** As npm has them; none leads out of `node_modules`. */
const packageName = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/u;

/** Throws NOT_FOUND and PLUGIN_FAILED. */
export async function findPackage(
  name: string,
  { fleetDirectory, allowLocal }: { readonly fleetDirectory: string; readonly allowLocal: boolean },
): Promise<FoundPackage> {
  const start = await realpath(fleetDirectory);
  const modules = packageName.test(name) ? modulesWith(name, start) : undefined;
  if (modules === undefined) {
    throw new ThemisError('NOT_FOUND', `Plug-in ${name} is not installed.`, {
      hint: `Install the package in ${fleetDirectory}, or in a directory above it.`,
    });
  }
  const root = await realpath(join(modules, name));
  if (!allowLocal && (await isOfRepository(root, join(modules, name), start))) {
    const message = `Plug-in ${name} is a part of the repository of the fleet: what comes with a commit is not run.`;
    throw new ThemisError('PLUGIN_FAILED', message, {
      hint: 'Install it as a package, or set THEMIS_ALLOW_LOCAL_PLUGINS=1 on this machine.',
    });
  }
  const version = await readVersion(name, root);
  // Inside of node_modules a name is never that of the package around, which would be the repository's.
  return { name, version, root, from: pathToFileURL(join(modules, 'themis.mjs')).href };
}

function modulesWith(name: string, start: string): string | undefined {
  for (let directory = start; ; directory = dirname(directory)) {
    const modules = join(directory, 'node_modules');
    if (basename(directory) !== 'node_modules' && existsSync(join(modules, name))) return modules;
    if (dirname(directory) === directory) return undefined;
  }
}

/** `link`: as it stands in `node_modules`. */
async function isOfRepository(root: string, link: string, start: string): Promise<boolean> {
  const repositories = repositoriesOf(start);
  const path = relative(repositories[0] ?? start, root).split(sep);
  if (path[0] !== '..' && !path.includes('node_modules')) return true;
  for (const repository of repositories) {
    const inside = [root, link].filter((one) => !relative(repository, one).startsWith('..'));
    const named = inside.map((one) => upToLink(repository, one));
    if (named.length > 0 && (await isKept(repository, named))) return true;
  }
  return false;
}

/** Git knows nothing behind a link: what it keeps is the link. */
function upToLink(repository: string, path: string): string {
  let at = repository;
  for (const part of relative(repository, path).split(sep)) {
    at = join(at, part);
    if (lstatSync(at).isSymbolicLink()) return at;
  }
  return path;
}

/** Whether Git keeps anything of them. Without Git there is no telling, and nothing that fetches commits. */
async function isKept(repository: string, paths: readonly string[]): Promise<boolean> {
  const line = ['-C', repository, 'ls-files', '--', ...paths];
  try {
    return (await promisify(execFile)('git', line)).stdout !== '';
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new ThemisError('PLUGIN_FAILED', `Git does not say whether ${paths.join(' and ')} are its own.`, { cause });
  }
}

/** Directories that Git knows, the nearest first: a submodule, and what it is one of. */
function repositoriesOf(start: string): readonly string[] {
  const found: string[] = [];
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) found.push(directory);
    if (dirname(directory) === directory) return found;
  }
}

async function readVersion(name: string, root: string): Promise<string> {
  const told = await readFile(join(root, 'package.json'), 'utf8')
    .then((text) => JSON.parse(text) as unknown)
    .catch((cause: unknown) => {
      throw new ThemisError('PLUGIN_FAILED', `Plug-in ${name} has no package.json that can be read.`, { cause });
    });
  const { name: own, version } = (told ?? {}) as { name?: unknown; version?: unknown };
  if (own !== name || typeof version !== 'string') {
    throw new ThemisError('PLUGIN_FAILED', `The package.json of plug-in ${name} says another name, or no version.`);
  }
  return version;
}
