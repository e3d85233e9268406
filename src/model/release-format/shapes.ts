/** Shapes of the fields that manifests and indexes share. */
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import { digest, objectOf, oneOf, textOf } from '../../kernel/document/shape.ts';
import { pathProblem } from '../../kernel/path-guard.ts';
import { deltaAlgorithms } from '../delta.ts';
import type { ReleaseProbe } from '../release.ts';
import { releaseLimits } from './layout.ts';

export const platforms = ['linux', 'macos', 'windows', 'any'] as const;
export const architectures = ['x64', 'arm64', 'any'] as const;
export const fileTypes = ['executable', 'library', 'config', 'data'] as const;

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/u;
const packageName = /^[a-z0-9][a-z0-9._-]{0,127}$/u;
// oxlint-disable-next-line no-control-regex -- they are what this line is about
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;

export function isPackageName(text: string): boolean {
  return packageName.test(text) && !/[.]{2}|[.]$/u.test(text);
}

/** SemVer without build metadata, which carries no order and would give one version two names. */
export function isReleaseVersion(text: string): boolean {
  return text.length <= 64 && valid(text) === text;
}

export function isVersionConstraint(text: string): boolean {
  return text.length <= 256 && text.trim() !== '' && validRange(text) !== null;
}

/** RFC 3339 UTC. */
export function isTimestamp(text: string): boolean {
  if (!timestamp.test(text) || text.slice(17, 19) === '60') return false;
  try {
    Temporal.Instant.from(text);
    return true;
  } catch {
    return false;
  }
}

export const shapes = {
  package: textOf('a package name of lower-case letters, digits, dots, dashes and underscores', isPackageName),
  version: textOf('a SemVer version without build metadata', isReleaseVersion),
  constraint: textOf('a SemVer range', isVersionConstraint),
  timestamp: textOf('an RFC 3339 time in UTC', isTimestamp),
  digest,
  hex: textOf('64 lower-case hex digits', /^[0-9a-f]{64}$/u),
  line: textOf(
    'one line of at most 256 characters',
    (text) => text !== '' && text.length <= 256 && !controlCharacter.test(text),
  ),
  platform: oneOf(...platforms),
  architecture: oneOf(...architectures),
  fileType: oneOf(...fileTypes),
  algorithm: textOf('the name of a delta algorithm', /^[A-Z][A-Z0-9_]{0,31}$/u),
  knownAlgorithm: oneOf(...deltaAlgorithms),
  formatVersion: textOf('1.x', /^1\.\d{1,4}$/u),
  path: textOf('a safe relative path', (text) => pathProblem(text) === undefined),
};

const documentName = textOf(
  'a name of lower-case letters, digits, dots, dashes and underscores, as documents of a fleet have',
  /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/u,
);

export const probeShape = objectOf<ReleaseProbe>(
  {
    name: documentName,
    database: documentName,
    sql: textOf(
      `a query of at most ${releaseLimits.probeCharacters} characters`,
      (text) => text.trim() !== '' && text.length <= releaseLimits.probeCharacters && !text.includes('\0'),
    ),
  },
  'refuse',
);
