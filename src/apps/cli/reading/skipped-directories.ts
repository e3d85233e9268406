/**
 * What is never part of the desired state: node roots, release directories, dot-directories, node_modules. Told from the
 * names of files alone, so that a work tree and a revision agree.
 */
export const anchorsFile = 'trust/anchors.json';
const releaseMarks: ReadonlySet<string> = new Set(['release.json', 'index.json']);

export function isSkippedName(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/** Directories, relative like the paths, that hold a release, an index or a node. The top itself is never skipped. */
export function skippedDirectories(paths: readonly string[]): ReadonlySet<string> {
  const skipped = new Set<string>();
  const nodeFiles = new Set<string>();
  const trusted = new Set<string>();
  for (const path of paths) {
    const slash = path.lastIndexOf('/');
    const directory = path.slice(0, Math.max(0, slash));
    const name = path.slice(slash + 1);
    if (directory !== '' && releaseMarks.has(name)) skipped.add(directory);
    if (directory !== '' && name === 'node.yaml') nodeFiles.add(directory);
    if (path.endsWith(`/${anchorsFile}`)) trusted.add(path.slice(0, -anchorsFile.length - 1));
  }
  for (const directory of nodeFiles) if (trusted.has(directory)) skipped.add(directory);
  return skipped;
}

export function liesInSkipped(path: string, skipped: ReadonlySet<string>): boolean {
  const parts = path.split('/');
  if (parts.some(isSkippedName)) return true;
  return parts.some((_, index) => index > 0 && skipped.has(parts.slice(0, index).join('/')));
}
