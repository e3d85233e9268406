/** Two signed releases of one package in a directory in memory, and a delta between them, to be damaged by tests. */
import { hexOf, digestBytes } from '../../../src/kernel/digest.ts';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import type { DeltaFile, ReleaseDelta } from '../../../src/model/delta.ts';
import { encodeReleaseDelta } from '../../../src/model/release-format/parse-delta.ts';
import type { ReleaseManifest } from '../../../src/model/release.ts';
import { sealManifest } from '../../../src/release/build-release.ts';
import { signDetached } from '../../../src/release/sign-detached.ts';
import * as pki from '../pki.ts';
import { description, fileOf, testSigner } from '../releases.ts';

export const before = { 'bin/server': 'version four', 'etc/server.conf': 'port 1\n', 'lib/old': 'gone soon' };
export const after = { 'bin/server': 'version five', 'etc/server.conf': 'port 1\n', 'lib/new': 'just come' };
export const patch = Buffer.from('four becomes five');

export function releaseOf(
  version: string,
  payload: Readonly<Record<string, string>>,
  over: Partial<ReleaseManifest> = {},
): { readonly manifest: ReleaseManifest; readonly bytes: Uint8Array } {
  const files = Object.entries(payload).map(([path, content]) => fileOf(path, content));
  const counter = Number(version.split('.')[1]);
  return sealManifest({ ...description, version, counter, dependencies: [], files, ...over });
}

export const from = releaseOf('1.4.0', before);
export const to = releaseOf('1.5.0', after);
const [changed] = from.manifest.files;

export const deltaFile: DeltaFile = {
  path: 'bin/server',
  baseHash: changed!.sha256,
  targetHash: to.manifest.files[0]!.sha256,
  patchUrl: `patches/${hexOf(digestBytes(patch))}`,
  patchHash: hexOf(digestBytes(patch)),
  patchSize: patch.length,
  targetSize: to.manifest.files[0]!.sizeBytes,
  algorithm: 'BSDIFF',
};

export const delta: ReleaseDelta = {
  formatVersion: '1.0',
  product: 'themisdb',
  package: 'themisdb',
  platform: 'linux',
  architecture: 'x64',
  from: '1.4.0',
  to: '1.5.0',
  fromManifestHash: from.manifest.manifestHash,
  toManifestHash: to.manifest.manifestHash,
  files: [deltaFile],
};

export const deltaDirectory = 'deltas/themisdb-1.4.0-1.5.0-linux-x64';

/** Paths from the directory of releases. `over`: of the delta. */
export async function deltaEntries(over: Partial<ReleaseDelta> = {}): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  for (const [{ bytes }, payload, directory] of [
    [from, before, 'themisdb-1.4.0'],
    [to, after, 'themisdb-1.5.0'],
  ] as const) {
    entries.set(`${directory}/release.json`, bytes);
    entries.set(`${directory}/release.json.p7s`, await signDetached(bytes, testSigner(), pki.nowMs));
    for (const [path, content] of Object.entries(payload)) entries.set(`${directory}/${path}`, Buffer.from(content));
  }
  const bytes = encodeReleaseDelta({ ...delta, ...over });
  entries.set(`${deltaDirectory}/delta.json`, bytes);
  entries.set(`${deltaDirectory}/delta.json.p7s`, await signDetached(bytes, testSigner(), pki.nowMs));
  entries.set(`${deltaDirectory}/${deltaFile.patchUrl}`, patch);
  return entries;
}

/** The same in a file system, below `/r`. */
export async function onDisk(entries: ReadonlyMap<string, Uint8Array>): Promise<MemoryFileSystem> {
  const disk = new MemoryFileSystem();
  await disk.makeDirectory('/r');
  for (const [path, bytes] of entries) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1)
      await disk.makeDirectory(`/r/${parts.slice(0, depth).join('/')}`);
    await disk.writeFile(`/r/${path}`, bytes, 0o644);
  }
  return disk;
}
