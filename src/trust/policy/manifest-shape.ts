/** The fields of `release.json`, exactly: what the type `ReleaseManifest` says, with the limits of `releaseLimits`. */
import { pathProblem } from '../../kernel/path-guard.ts';
import {
  anyObject,
  flag,
  integerFrom,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  textOf,
  wholeNumber,
} from '../../kernel/document/shape.ts';
import type { ReleaseDependency, ReleaseFile, ReleaseManifest } from '../../model/release.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import { isPackageName, isVersionConstraint, probeShape, shapes } from '../../model/release-format/shapes.ts';

const file = objectOf<ReleaseFile>(
  {
    // Judged by the path guard afterwards, so that an unsafe path has a code of its own.
    path: textOf('a path', () => true),
    type: shapes.fileType,
    sha256: shapes.hex,
    sizeBytes: integerFrom(0, releaseLimits.fileBytes),
    // Readable for its owner; never setuid, setgid or sticky.
    permissions: textOf('four octal digits, the first 0 and the second 4 to 7', /^0[4-7][0-7]{2}$/u),
    platform: optional(shapes.platform),
    architecture: optional(shapes.architecture),
    url: optional(textOf('an https URL or a safe relative path', isFileUrl)),
    metadata: optional(anyObject),
  },
  'refuse',
);

const dependency = objectOf<ReleaseDependency>(
  {
    package: shapes.package,
    versionConstraint: shapes.constraint,
    optional: flag,
    conflicts: listOf(
      textOf('a package name, with a range after @ if only some versions conflict', isConflict),
      releaseLimits.conflicts,
    ),
  },
  'refuse',
);

export const manifestShape = objectOf<ReleaseManifest>(
  {
    schemaVersion: oneOf(1),
    product: shapes.line,
    package: shapes.package,
    version: shapes.version,
    tagName: shapes.line,
    releaseNotes: textOf(
      `a text of at most ${releaseLimits.notesCharacters} characters`,
      (text) => text.length <= releaseLimits.notesCharacters,
    ),
    releaseDate: shapes.timestamp,
    isCritical: flag,
    counter: wholeNumber,
    expiresAt: nullOr(shapes.timestamp),
    platform: shapes.platform,
    architecture: shapes.architecture,
    files: listOf(file, releaseLimits.files),
    dependencies: listOf(dependency, releaseLimits.dependencies),
    minUpgradeFrom: nullOr(shapes.version),
    dataSchemaVersion: wholeNumber,
    manifestHash: shapes.digest,
    build: objectOf<ReleaseManifest['build']>(
      { commit: nullOr(shapes.line), date: nullOr(shapes.timestamp), compiler: nullOr(shapes.line) },
      'refuse',
    ),
    probes: optional(listOf(probeShape, releaseLimits.probes)),
  },
  'refuse',
);

function isFileUrl(text: string): boolean {
  if (text.length > 2048) return false;
  if (!/^[a-z][a-z0-9+.-]*:/iu.test(text)) return pathProblem(text) === undefined;
  return text.startsWith('https://') && URL.canParse(text);
}

/** `pkg` or `pkg@range`. */
function isConflict(text: string): boolean {
  const at = text.indexOf('@');
  return at === -1 ? isPackageName(text) : isPackageName(text.slice(0, at)) && isVersionConstraint(text.slice(at + 1));
}
