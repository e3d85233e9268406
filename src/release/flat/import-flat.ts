/**
 * ThemisDB's own module writes a flat snake_case manifest; this reads it into Themis's form. Its hash is checked the way
 * that module computes it, its files have to be the ones that lie there, and none of its signatures is believed: the
 * converted manifest is signed anew and the original kept beside it, byte for byte.
 */
import { parseStrictJson } from '../../kernel/document/strict-json.ts';
import { ThemisError } from '../../kernel/error.ts';
import { compareText } from '../../kernel/finding.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { Architecture, Platform, ReleaseFile } from '../../model/release.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import { architectures, fileTypes, isTimestamp, platforms } from '../../model/release-format/shapes.ts';
import { flatHashOf } from './flat-hash.ts';

export interface FlatManifest {
  readonly version: string;
  readonly tagName: string;
  readonly releaseNotes: string;
  /** RFC 3339; null where there is none. */
  readonly releaseDate: string | null;
  readonly isCritical: boolean;
  readonly files: readonly ReleaseFile[];
  /** As `parseDependencies` takes them. */
  readonly dependencies: readonly string[];
  readonly minUpgradeFrom: string | null;
  readonly dataSchemaVersion: number;
  readonly platform: Platform;
  readonly architecture: Architecture;
  readonly build: { readonly commit: string | null; readonly date: string | null; readonly compiler: string | null };
}

/** Throws MANIFEST_INVALID or MANIFEST_HASH_MISMATCH. */
export function parseFlatManifest(bytes: Uint8Array): FlatManifest {
  const json = parseStrictJson(bytes, releaseLimits.manifestBytes);
  if (!json.ok) return invalid(`cannot be read: ${json.detail}`);
  const flat = json.value;
  if (!isJsonObject(flat)) return invalid('is not a JSON object');
  checkHash(flat);
  const files = readFiles(flat);
  const platform = common(files.map((file) => file.platform!));
  const architecture = common(files.map((file) => file.architecture!));
  const releaseDate = text(flat, 'release_date');
  const buildDate = text(flat, 'build_date');
  return {
    version: text(flat, 'version'),
    tagName: text(flat, 'tag_name') || `v${text(flat, 'version')}`,
    releaseNotes: text(flat, 'release_notes'),
    releaseDate: isTimestamp(releaseDate) ? releaseDate : null,
    isCritical: flat['is_critical'] === true,
    files: files.map((file) => withoutCommon(file, platform, architecture)),
    dependencies: readDependencies(flat),
    minUpgradeFrom: text(flat, 'min_upgrade_from') || null,
    dataSchemaVersion: number(flat, 'schema_version', 1),
    platform,
    architecture,
    build: {
      commit: text(flat, 'build_commit') || null,
      date: isTimestamp(buildDate) ? buildDate : null,
      compiler: text(flat, 'compiler_version') || null,
    },
  };
}

/** What is listed has to be what lies there. Throws FILE_MISSING, FILE_HASH_MISMATCH or FILE_UNLISTED. */
export function checkFlatFiles(listed: readonly ReleaseFile[], present: readonly ReleaseFile[]): void {
  const byPath = new Map(present.map((file) => [file.path, file]));
  for (const file of listed) {
    const found = byPath.get(file.path);
    if (found === undefined)
      throw new ThemisError('FILE_MISSING', `${file.path} is listed in the imported manifest but missing.`);
    if (found.sha256 !== file.sha256 || found.sizeBytes !== file.sizeBytes) {
      throw new ThemisError('FILE_HASH_MISMATCH', `${file.path} is not the file that the imported manifest lists.`);
    }
    byPath.delete(file.path);
  }
  const [unlisted] = byPath.keys();
  if (unlisted !== undefined)
    throw new ThemisError('FILE_UNLISTED', `${unlisted} is not listed in the imported manifest.`);
}

/** An absent hash is accepted: nothing is trusted by it. */
function checkHash(flat: JsonObject): void {
  const written = text(flat, 'manifest_hash');
  if (written === '') return;
  const actual = flatHashOf(flat);
  if (actual !== written.toLowerCase()) {
    throw new ThemisError(
      'MANIFEST_HASH_MISMATCH',
      `The imported manifest says it hashes to ${written}, but hashes to ${actual}.`,
    );
  }
}

function readFiles(flat: JsonObject): ReleaseFile[] {
  const { files } = flat;
  if (!Array.isArray(files) || files.length > releaseLimits.files) return invalid('has no usable list of files');
  return files
    .map((file: unknown, index) =>
      isJsonObject(file) ? readFile(file, index) : invalid(`has a files[${index}] that is no object`),
    )
    .sort((a, b) => compareText(a.path, b.path));
}

function readFile(file: JsonObject, index: number): ReleaseFile {
  const type = text(file, 'type');
  const url = text(file, 'download_url');
  const signature = text(file, 'file_signature');
  const metadata = {
    ...(isJsonObject(file['metadata']) ? file['metadata'] : {}),
    ...(signature === '' ? {} : { fileSignature: signature }),
  };
  return {
    path: text(file, 'path'),
    type: fileTypes.find((known) => known === type) ?? 'data',
    sha256: text(file, 'sha256_hash').toLowerCase(),
    sizeBytes: number(file, 'size_bytes', 0),
    permissions: text(file, 'permissions') || (type === 'executable' ? '0755' : '0644'),
    platform: oneOf(platforms, text(file, 'platform'), `files[${index}].platform`),
    architecture: oneOf(architectures, text(file, 'architecture'), `files[${index}].architecture`),
    ...(url === '' ? {} : { url }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

function readDependencies(flat: JsonObject): string[] {
  const { dependencies = [] } = flat;
  if (!Array.isArray(dependencies)) return invalid('has dependencies that are no list');
  return (dependencies as readonly unknown[]).map((dependency) => {
    // `rocksdb`, `rocksdb@8.1.1`, `rocksdb>=8.0`, `rocksdb >= 8.0`; after an @ any range.
    const match =
      typeof dependency === 'string'
        ? /^([a-z0-9][a-z0-9._-]*)\s*(?:@\s*(\S.*)|([<>=^~*\d].*))?$/iu.exec(dependency)
        : null;
    if (match === null) return invalid(`has the dependency ${JSON.stringify(dependency)}, which is not understood`);
    const name = match[1]!.toLowerCase();
    const range = match[2] ?? match[3];
    return range === undefined ? name : `${name}@${range}`;
  });
}

/** The value all share, or `any`. */
function common<T extends string>(values: readonly T[]): T | 'any' {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : 'any';
}

/** A file names its own platform only where it differs from the release's. */
function withoutCommon(file: ReleaseFile, platform: Platform, architecture: Architecture): ReleaseFile {
  const { platform: ownPlatform, architecture: ownArchitecture, ...rest } = file;
  return {
    ...rest,
    ...(ownPlatform === undefined || ownPlatform === platform ? {} : { platform: ownPlatform }),
    ...(ownArchitecture === undefined || ownArchitecture === architecture ? {} : { architecture: ownArchitecture }),
  };
}

function oneOf<T extends string>(known: readonly T[], found: string, at: string): T | 'any' {
  if (found === '') return 'any';
  return (
    known.find((value) => value === found.toLowerCase()) ??
    invalid(`has ${at} ${JSON.stringify(found)}, which is not known`)
  );
}

function text(object: JsonObject, name: string): string {
  const value = object[name] ?? '';
  return typeof value === 'string' ? value : invalid(`has a ${name} that is no text`);
}

function number(object: JsonObject, name: string, otherwise: number): number {
  const value = object[name] ?? otherwise;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : invalid(`has a ${name} that is no whole number`);
}

function invalid(problem: string): never {
  throw new ThemisError('MANIFEST_INVALID', `The imported manifest ${problem}.`);
}
