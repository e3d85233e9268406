/**
 * A manifest in the flat snake_case form, for ThemisDB's own updater: what `import-flat.ts` reads, with that form's own
 * hash, and its signature fields empty. Platform and architecture stand at every file there, not at the release.
 */
import { compareText } from '../../kernel/finding.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import { flatFileOf, flatHashOf } from './flat-hash.ts';

export interface FlatExport {
  readonly bytes: Uint8Array;
  /** What that form has no words for, one phrase each. */
  readonly lost: readonly string[];
}

export function writeFlatManifest(manifest: ReleaseManifest): FlatExport {
  const { build, dependencies } = manifest;
  const needed = dependencies.filter(({ optional }) => !optional);
  const flat: JsonObject = {
    version: manifest.version,
    tag_name: manifest.tagName,
    release_notes: manifest.releaseNotes,
    release_date: manifest.releaseDate,
    is_critical: manifest.isCritical,
    files: manifest.files.map((file) => flatFileOf(flatFile(file, manifest))),
    build_commit: build.commit ?? '',
    build_date: build.date ?? '',
    compiler_version: build.compiler ?? '',
    dependencies: needed.map(({ package: name, versionConstraint }) =>
      versionConstraint === '*' ? name : `${name}@${versionConstraint}`,
    ),
    ...(manifest.minUpgradeFrom === null ? {} : { min_upgrade_from: manifest.minUpgradeFrom }),
    schema_version: manifest.dataSchemaVersion,
  };
  const signed = {
    ...flat,
    manifest_hash: flatHashOf(flat),
    signature: '',
    signing_certificate: '',
    timestamp_token: '',
  };
  return { bytes: new TextEncoder().encode(`${JSON.stringify(signed, null, 2)}\n`), lost: lostIn(manifest) };
}

function flatFile(file: ReleaseFile, { platform, architecture }: ReleaseManifest): JsonObject {
  const { fileSignature, ...metadata } = file.metadata ?? {};
  const isText = typeof fileSignature === 'string';
  return {
    path: file.path,
    type: file.type,
    sha256_hash: file.sha256,
    size_bytes: file.sizeBytes,
    file_signature: isText ? fileSignature : '',
    platform: namedOr(file.platform ?? platform),
    architecture: namedOr(file.architecture ?? architecture),
    permissions: file.permissions,
    download_url: file.url ?? '',
    metadata: isText || fileSignature === undefined ? metadata : { ...metadata, fileSignature },
  };
}

/** `any` is empty there. */
function namedOr(name: string): string {
  return name === 'any' ? '' : name;
}

function lostIn({ dependencies, expiresAt, probes }: ReleaseManifest): string[] {
  return [
    ...dependencies.flatMap(({ package: name, optional, conflicts }) => [
      ...(optional && conflicts.length === 0 ? [`the optional dependency on ${name}`] : []),
      ...conflicts.toSorted(compareText).map((conflict) => `the conflict with ${conflict}`),
    ]),
    ...(expiresAt === null ? [] : [`that it expires at ${expiresAt}`]),
    ...(probes === undefined || probes.length === 0 ? [] : ['its probes']),
  ];
}
