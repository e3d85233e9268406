/** Releases in memory, and a verification that accepts what is well-formed: trust has its own tests. */
import { digestBytes, digestJson, hexOf } from '../../../src/kernel/digest.ts';
import type { Digest } from '../../../src/kernel/digest.ts';
import { ThemisError } from '../../../src/kernel/error.ts';
import type { ReleaseIndex, ReleaseIndexEntry, ReleaseManifest } from '../../../src/model/release.ts';
import type { StagedRelease, WantedRelease } from '../../../src/model/message.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import type { VerifyIndex, VerifyRelease, VerifyRotation } from '../../../src/node/deps.ts';
import { joinReleasePath } from '../../../src/model/release-format/layout.ts';

export interface TestRelease {
  readonly manifest: ReleaseManifest;
  readonly wanted: WantedRelease;
  readonly staged: StagedRelease;
  /** By path in the source. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface ReleaseText {
  readonly package?: string;
  readonly version: string;
  readonly counter?: number;
  /** Path to content, or content and permissions. */
  readonly files: Readonly<Record<string, string | readonly [content: string, permissions: string]>>;
  readonly manifest?: Partial<ReleaseManifest>;
}

const encoder = new TextEncoder();

export function makeRelease(given: ReleaseText): TestRelease {
  const { package: name = 'themisdb', version, counter = Number(version.split('.')[1] ?? 1) } = given;
  const directory = `${name}-${version}`;
  const contents = Object.entries(given.files).map(([path, file]) => {
    const [text, permissions] = typeof file === 'string' ? [file, '0644'] : file;
    return { path, bytes: encoder.encode(text), permissions };
  });
  const manifest = sealManifest({
    schemaVersion: 1,
    product: 'themisdb',
    package: name,
    version,
    tagName: `v${version}`,
    releaseNotes: '',
    releaseDate: '2026-01-01T00:00:00Z',
    isCritical: false,
    counter,
    expiresAt: null,
    platform: 'any',
    architecture: 'any',
    files: contents.map(({ path, bytes, permissions }) => ({
      path,
      type: 'data',
      sha256: hexOf(digestBytes(bytes)),
      sizeBytes: bytes.length,
      permissions,
    })),
    dependencies: [],
    minUpgradeFrom: null,
    dataSchemaVersion: 1,
    build: { commit: null, date: null, compiler: null },
    ...given.manifest,
  });
  const wanted = { package: name, version, manifestHash: manifest.manifestHash };
  return {
    manifest,
    wanted,
    staged: { ...wanted, locator: { kind: 'directory', directory: '/releases', path: directory } },
    files: new Map([
      ...contents.map(({ path, bytes }): [string, Uint8Array] => [`${directory}/${path}`, bytes]),
      [`${directory}/release.json`, encoder.encode(JSON.stringify(manifest))],
    ]),
  };
}

function sealManifest(manifest: Omit<ReleaseManifest, 'manifestHash'>): ReleaseManifest {
  const manifestHash: Digest = digestJson(manifest);
  return { ...manifest, manifestHash };
}

/** Two chunks, so that something can happen in between. */
async function* halvesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, Math.ceil(bytes.length / 2));
  yield bytes.subarray(Math.ceil(bytes.length / 2));
}

export function memorySource(files: ReadonlyMap<string, Uint8Array>): ReleaseSource {
  const read = (path: string): Uint8Array => {
    const bytes = files.get(path);
    if (bytes === undefined) throw new ThemisError('NOT_FOUND', `${path} is not in the source.`);
    return bytes;
  };
  return {
    async readIndex() {
      throw new ThemisError('NOT_FOUND', 'no index');
    },
    async readFile(path) {
      return read(path);
    },
    host: '',
    readChanged: async (path) => ({ kind: 'changed', bytes: read(path), validator: null }),
    async openFile(path) {
      const bytes = read(path);
      return { offset: 0, sizeBytes: bytes.length, validator: null, chunks: halvesOf(bytes) };
    },
    async listFiles() {
      return null;
    },
  };
}

export const acceptingVerification: VerifyRelease = async (source, path) => {
  const bytes = await source.readFile(joinReleasePath(path, 'release.json'), 1024 * 1024);
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as ReleaseManifest;
  return { kind: 'verified', manifest, documents: [{ name: 'release.json', bytes }] };
};

export const acceptingRotation: VerifyRotation = () => ({ ok: true, version: 2, signers: [] });

/** The index of all that lies in a memory source by now, believed. */
export function acceptingIndex(files: ReadonlyMap<string, Uint8Array>, over: Partial<ReleaseIndex> = {}): VerifyIndex {
  return async () => {
    const entries = [...files]
      .filter(([path]) => path.endsWith('/release.json'))
      .map(([url, bytes]): ReleaseIndexEntry => {
        const manifest = JSON.parse(new TextDecoder().decode(bytes)) as ReleaseManifest;
        const { package: name, version, platform, architecture, manifestHash } = manifest;
        return { package: name, version, platform, architecture, manifestHash, url, critical: false };
      });
    const index: ReleaseIndex = {
      formatVersion: '1.0',
      product: 'themisdb',
      counter: 1,
      generatedAt: '2026-01-01T00:00:00Z',
      expiresAt: '2027-01-01T00:00:00Z',
      entries,
      deltas: [],
      ...over,
    };
    return { kind: 'verified', index };
  };
}
