/** What an observed node must look like, wherever it comes from: a reply or a snapshot file. */
import type { Shape } from '../kernel/shape.ts';
import {
  digest,
  flag,
  instant,
  listOf,
  matching,
  nullOr,
  objectOf,
  oneOf,
  recordOf,
  text,
  wholeNumber,
} from '../kernel/shape.ts';
import { pathProblem } from '../kernel/path-guard.ts';

// SemVer 2.0.0, https://semver.org: the expression it suggests.
const version =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/u;

export const semanticVersion = matching((value) => version.test(value), 'a version such as 1.5.0');
export const platform = oneOf('linux', 'macos', 'windows', 'any');
export const architecture = oneOf('x64', 'arm64', 'any');
export const safePath = matching(
  (value) => pathProblem(value) === undefined,
  'a relative path inside the install directory',
);

const installedPackages = recordOf(
  objectOf({ version: semanticVersion, manifestHash: digest, dataSchemaVersion: wholeNumber }),
);
const capacity = objectOf({ freeBytes: wholeNumber, totalBytes: wholeNumber });

const reachable = objectOf({
  name: text,
  platform,
  architecture,
  packages: installedPackages,
  drift: listOf(objectOf({ package: text, path: safePath, problem: oneOf('missing', 'changed', 'mode', 'type') })),
  health: objectOf({
    status: oneOf('healthy', 'unhealthy', 'stopped', 'unknown'),
    runningVersion: nullOr(text),
    detail: nullOr(text),
  }),
  role: oneOf('leader', 'follower', 'unknown'),
  disk: capacity,
  memory: capacity,
  restorePoints: listOf(
    objectOf({ id: text, createdAt: instant, packages: installedPackages, sizeBytes: wholeNumber }),
  ),
  staged: listOf(digest),
  operation: nullOr(
    objectOf({
      id: text,
      kind: oneOf('update', 'rollback'),
      state: oneOf('running', 'interrupted'),
      token: wholeNumber,
    }),
  ),
  store: nullOr(text),
  highestToken: wholeNumber,
});

const unreachable = objectOf({
  name: text,
  failure: objectOf({ code: text, message: text, retry: oneOf('never', 'backoff', 'human') }, { hint: text }),
});

const reachability = objectOf({ reachable: flag });

export const observedNode: Shape = (value) =>
  reachability(value) ?? ((value as { reachable: boolean }).reachable ? reachable(value) : unreachable(value));
