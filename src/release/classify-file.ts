import type { ReleaseFileType } from '../model/release.ts';

const library = /\.(?:so(?:\.\d+)*|dylib|dll|a|node)$/iu;
const config = /\.(?:conf|cfg|ini|ya?ml|json|toml|properties|env|service)$/iu;
const configDirectory = /(?:^|\/)(?:etc|conf|config)\//iu;

/** From name and mode alone, so that equal trees give equal manifests everywhere. */
export function classifyFile(path: string, mode: number): ReleaseFileType {
  if (library.test(path)) return 'library';
  if ((mode & 0o111) !== 0 || /\.exe$/iu.test(path)) return 'executable';
  return config.test(path) || configDirectory.test(path) ? 'config' : 'data';
}

/**
 * What a manifest keeps of a mode. Group and others never get to write: that bit comes from the umask of whoever
 * unpacked the tree, and a release must not depend on it. Its owner can always read.
 */
export function permissionsOf(mode: number): string {
  return `0${((mode & 0o755) | 0o400).toString(8).padStart(3, '0')}`;
}
