/** A Git repository read at one revision or as it lies in the work tree. Throws ThemisError GIT or NOT_FOUND. */
export interface Git {
  /** null when the directory is in no repository. `path` is the directory below the repository's root, '' at the root. */
  locate(directory: string): Promise<{ readonly root: string; readonly path: string } | null>;
  /** Full commit id. */
  resolve(root: string, revision: string): Promise<string>;
  head(root: string): Promise<string | null>;
  /** Whether anything below `path` differs from HEAD, untracked files that are not ignored included. */
  isDirty(root: string, path: string): Promise<boolean>;
  /** `origin`'s URL without user or password; null without a remote. */
  remote(root: string): Promise<string | null>;
  /** Signing key id or fingerprint of a commit with a good signature, else null. */
  signer(root: string, revision: string): Promise<string | null>;
  /** Files below `path` at a revision, relative to it. */
  listFiles(root: string, revision: string, path: string): Promise<readonly string[]>;
  readFile(root: string, revision: string, path: string): Promise<string>;
  /** Of these paths (relative to root) the ones Git ignores. */
  ignored(root: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
}
