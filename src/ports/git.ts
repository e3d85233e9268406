/** A Git repository read at one revision or as it lies in the work tree. Throws ThemisError GIT or NOT_FOUND. */
export interface Git {
  /** null when the directory is in no repository. `path` is the directory below the repository's root, '' at the root. */
  locate(directory: string): Promise<{ readonly root: string; readonly path: string } | null>;
  /** Full commit id. */
  resolve(root: string, revision: string): Promise<string>;
  head(root: string): Promise<string | null>;
  /** Whether anything below `path` differs from HEAD, untracked files that are not ignored included. */
  isDirty(root: string, path: string): Promise<boolean>;
  /** `user.email` as configured where `directory` is; null where there is none. */
  userEmail(directory: string): Promise<string | null>;
  /** `origin`'s URL without user or password; null without a remote. */
  remote(root: string): Promise<string | null>;
  /** Signing key id or fingerprint of a commit with a good signature, else null. */
  signer(root: string, revision: string): Promise<string | null>;
  /** Ordinary files below `path` at a revision, relative to it, sorted; no symbolic links, no submodules. */
  listFiles(root: string, revision: string, path: string): Promise<readonly string[]>;
  /** Symbolic links below `path` at a revision, relative to it, to their targets as stored. */
  listLinks(root: string, revision: string, path: string): Promise<ReadonlyMap<string, string>>;
  readFile(root: string, revision: string, path: string): Promise<string>;
  /** Many files in one go, in the order asked for; paths are relative to root. NOT_FOUND when one is missing. */
  readFiles(root: string, revision: string, paths: readonly string[]): Promise<readonly Uint8Array[]>;
  /** Of these paths (relative to root) the ones Git ignores. */
  ignored(root: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
}
