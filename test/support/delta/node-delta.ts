/** Deltas between the releases that node tests make, with real patches. */
import { digestBytes, hexOf } from '../../../src/kernel/digest.ts';
import type { DeltaFile, ReleaseDelta } from '../../../src/model/delta.ts';
import { encodeReleaseDelta } from '../../../src/model/release-format/parse-delta.ts';
import { patchAlgorithm } from '../../../src/patch/index.ts';
import { pairFiles } from '../../../src/release/delta/pair-files.ts';
import type { TestRelease } from '../node/releases.ts';

export interface TestDelta {
  readonly delta: ReleaseDelta;
  /** Of its `delta.json`. */
  readonly url: string;
  /** In the source. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** `change`: what is to be wrong with it. */
export async function makeTestDelta(
  from: TestRelease,
  to: TestRelease,
  change: (delta: ReleaseDelta) => ReleaseDelta = (delta) => delta,
): Promise<TestDelta> {
  const algorithm = patchAlgorithm('VCDIFF');
  const directory = `deltas/${from.manifest.version}-${to.manifest.version}`;
  const files = new Map<string, Uint8Array>();
  const listed: DeltaFile[] = [];
  for (const { base, target } of pairFiles(from.manifest, to.manifest).pairs) {
    const patch = await algorithm.make(bytesOf(from, base.path), bytesOf(to, target.path), {});
    const patchHash = hexOf(digestBytes(patch));
    files.set(`${directory}/patches/${patchHash}`, patch);
    listed.push({
      path: target.path,
      ...(base.path === target.path ? {} : { basePath: base.path }),
      baseHash: base.sha256,
      targetHash: target.sha256,
      patchUrl: `patches/${patchHash}`,
      patchHash,
      patchSize: patch.length,
      targetSize: target.sizeBytes,
      algorithm: algorithm.id,
    });
  }
  const { product, package: name, platform, architecture, version, manifestHash } = to.manifest;
  const delta = change({
    formatVersion: '1.0',
    product,
    package: name,
    platform,
    architecture,
    from: from.manifest.version,
    to: version,
    fromManifestHash: from.manifest.manifestHash,
    toManifestHash: manifestHash,
    files: listed,
  });
  const url = `${directory}/delta.json`;
  files.set(url, encodeReleaseDelta(delta));
  return { delta, url, files };
}

function bytesOf(release: TestRelease, path: string): Uint8Array {
  const bytes = [...release.files].find(([name]) => name.endsWith(`/${path}`))?.[1];
  if (bytes === undefined) throw new Error(`no ${path}`);
  return bytes;
}

/** A program that is nearly the same in every version. */
export function programOf(version: string, name = 'server', lines = 400): string {
  let state = Buffer.from(name).reduce((sum, byte) => sum + byte, 1);
  const all = Array.from({ length: lines }, (_, line) => {
    state = (state * 48_271) % 2_147_483_647;
    return line % 100 === 0 ? `${state} of ${version}` : String(state);
  });
  return all.join('\n');
}
