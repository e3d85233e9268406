/**
 * The guard for every path that comes from outside (manifest, index, restore point, wire). Paths are
 * relative, use `/`, and mean the same file on every platform Themis knows; anything else is refused,
 * never repaired. It must not touch a file system: symbolic links are the caller's to check.
 */
export type PathProblem =
  | 'empty'
  | 'absolute'
  | 'traversal'
  | 'backslash'
  | 'control-character'
  | 'not-normalised'
  | 'reserved'
  | 'too-long';

// Device names that Windows opens whatever their extension, and the directory where Themis switches files.
const reservedName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$/iu;
const themisDirectory = '.themis';

export function pathProblem(path: string): PathProblem | undefined {
  if (path === '') return 'empty';
  if (path.length > 1024) return 'too-long';
  // oxlint-disable-next-line no-control-regex -- they are what this line is about
  if (/[\u0000-\u001f\u007f]/u.test(path)) return 'control-character';
  if (path.includes('\\')) return 'backslash';
  if (path.startsWith('/') || /^[a-z]:/iu.test(path)) return 'absolute';
  for (const part of path.split('/')) {
    if (part === '..') return 'traversal';
    if (part === '' || part === '.' || /[. ]$/u.test(part)) return 'not-normalised';
    if (part.length > 255) return 'too-long';
    if (reservedName.test(part) || part.toLowerCase() === themisDirectory || part.includes(':')) return 'reserved';
  }
  // Half a character would be written as another name, and as the same one for every half.
  return path.isWellFormed() && path.normalize('NFC') === path ? undefined : 'not-normalised';
}

/** The form in which two paths collide on a file system that ignores case (APFS, NTFS). */
export function caseFolded(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

/** Pairs that are one file, or a file and a directory of one name, where case is ignored. First of each is the earlier one. */
export function caseCollisions(paths: readonly string[]): [string, string][] {
  const byFolded = new Map<string, string>();
  const collisions: [string, string][] = [];
  for (const path of paths) {
    const known = byFolded.get(caseFolded(path));
    if (known === undefined) byFolded.set(caseFolded(path), path);
    else collisions.push([known, path]);
  }
  for (const path of paths) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const file = byFolded.get(caseFolded(parts.slice(0, depth).join('/')));
      if (file !== undefined) collisions.push([file, path]);
    }
  }
  return collisions.concat(directoryCollisions(paths));
}

/** Directories spelled in two ways (`Lib/a`, `lib/b`) would become one. */
function directoryCollisions(paths: readonly string[]): [string, string][] {
  const spelling = new Map<string, { prefix: string; path: string }>();
  const collisions: [string, string][] = [];
  for (const path of paths) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const prefix = parts.slice(0, depth).join('/');
      const known = spelling.get(caseFolded(prefix));
      if (known === undefined) spelling.set(caseFolded(prefix), { prefix, path });
      else if (known.prefix !== prefix) {
        collisions.push([known.path, path]);
        break;
      }
    }
  }
  return collisions;
}
