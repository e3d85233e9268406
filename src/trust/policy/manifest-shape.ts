/** The fields of `release.json`, exactly: what the type `ReleaseManifest` says, with the limits of `releaseLimits`. */
import { pathProblem } from '../../kernel/path-guard.ts';
import {
  booleanShape,
  integerShape,
  listShape,
  nullOr,
  objectShape,
  recordShape,
  textShape,
  valueShape,
} from '../../kernel/document/shape.ts';
import { releaseLimits } from '../../model/release-format/layout.ts';
import { isPackageName, isVersionConstraint, shapes } from '../../model/release-format/shapes.ts';

const anySafeInteger = integerShape(0, Number.MAX_SAFE_INTEGER);

const file = recordShape({
  required: {
    // Judged by the path guard afterwards, so that an unsafe path has a code of its own.
    path: valueShape('a path', (value) => typeof value === 'string'),
    type: shapes.fileType,
    sha256: shapes.hex,
    sizeBytes: integerShape(0, releaseLimits.fileBytes),
    // Readable for its owner; never setuid, setgid or sticky.
    permissions: textShape('four octal digits, the first 0 and the second 4 to 7', /^0[4-7][0-7]{2}$/u),
  },
  optional: {
    platform: shapes.platform,
    architecture: shapes.architecture,
    url: textShape('an https URL or a safe relative path', isFileUrl),
    metadata: objectShape,
  },
});

const dependency = recordShape({
  required: {
    package: shapes.package,
    versionConstraint: shapes.constraint,
    optional: booleanShape,
    conflicts: listShape(
      textShape('a package name, with a range after @ if only some versions conflict', isConflict),
      releaseLimits.conflicts,
    ),
  },
});

export const manifestShape = recordShape({
  required: {
    schemaVersion: valueShape('1', (value) => value === 1),
    product: shapes.line,
    package: shapes.package,
    version: shapes.version,
    tagName: shapes.line,
    releaseNotes: textShape(
      `a text of at most ${releaseLimits.notesCharacters} characters`,
      (text) => text.length <= releaseLimits.notesCharacters,
    ),
    releaseDate: shapes.timestamp,
    isCritical: booleanShape,
    counter: anySafeInteger,
    expiresAt: nullOr(shapes.timestamp),
    platform: shapes.platform,
    architecture: shapes.architecture,
    files: listShape(file, releaseLimits.files),
    dependencies: listShape(dependency, releaseLimits.dependencies),
    minUpgradeFrom: nullOr(shapes.version),
    dataSchemaVersion: anySafeInteger,
    manifestHash: shapes.digest,
    build: recordShape({
      required: { commit: nullOr(shapes.line), date: nullOr(shapes.timestamp), compiler: nullOr(shapes.line) },
    }),
  },
  optional: { probes: listShape(objectShape, releaseLimits.probes) },
});

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
