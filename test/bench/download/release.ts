import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { digestJson } from '../../../src/kernel/digest.ts';
import type { ReleaseFile, ReleaseFileType, ReleaseManifest } from '../../../src/model/release.ts';

export const releaseDirectory = 'themisdb-9.0.0';

const kib = 1024;

export interface Shape {
  readonly type: ReleaseFileType;
  readonly count: number;
  readonly sizeBytes: number;
}

/** 200 files as a database has them, 96 MiB: few programs, some libraries, and many small ones. */
export const usualShapes: readonly Shape[] = [
  { type: 'executable', count: 4, sizeBytes: 6 * 1024 * kib },
  { type: 'library', count: 36, sizeBytes: 1024 * kib },
  { type: 'config', count: 10, sizeBytes: 8 * kib },
  { type: 'data', count: 150, sizeBytes: 245 * kib },
];

/** Into the current directory. */
export function writeRelease(shapes: readonly Shape[]): void {
  const files: ReleaseFile[] = [];
  for (const { type, count, sizeBytes } of shapes) {
    for (let index = 0; index < count; index += 1) {
      const bytes = randomFillSync(new Uint8Array(sizeBytes));
      const path = `${type}/${type}-${index}`;
      const file = `${releaseDirectory}/${path}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      files.push({ path, type, sha256, sizeBytes, permissions: '0644' });
    }
  }
  writeFileSync(`${releaseDirectory}/release.json`, JSON.stringify(manifestOf(files)));
}

function manifestOf(files: readonly ReleaseFile[]): ReleaseManifest {
  const manifest: Omit<ReleaseManifest, 'manifestHash'> = {
    schemaVersion: 1,
    product: 'themisdb',
    package: 'themisdb',
    version: '9.0.0',
    tagName: 'v9.0.0',
    releaseNotes: '',
    releaseDate: '2026-01-01T00:00:00Z',
    isCritical: false,
    counter: 9,
    expiresAt: null,
    platform: 'any',
    architecture: 'any',
    files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    dependencies: [],
    minUpgradeFrom: null,
    dataSchemaVersion: 1,
    build: { commit: null, date: null, compiler: null },
  };
  return { ...manifest, manifestHash: digestJson(manifest) };
}

export function writtenManifest(): ReleaseManifest {
  return JSON.parse(readFileSync(`${releaseDirectory}/release.json`, 'utf8')) as ReleaseManifest;
}
