/** What an observed node must look like, wherever it comes from: a reply or a snapshot file. */
import {
  digest,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  recordOf,
  sharedOf,
  text,
  textOf,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import type { Failure } from '../kernel/outcome.ts';
import { pathProblem } from '../kernel/path-guard.ts';
import type {
  Capacity,
  FileDrift,
  Health,
  InstalledPackage,
  ObservedNode,
  OpenOperation,
  ReachableNode,
  Replication,
  RestorePointSummary,
  UnreachableNode,
} from '../model/observed.ts';

// SemVer 2.0.0, https://semver.org: the expression it suggests.
const version =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/u;

export const semanticVersion = textOf('a version such as 1.5.0', version);
export const platform = oneOf('linux', 'macos', 'windows', 'any');
export const architecture = oneOf('x64', 'arm64', 'any');
export const safePath = textOf(
  'a relative path inside the install directory',
  (value) => pathProblem(value) === undefined,
);

const installedPackages = sharedOf(
  recordOf(
    objectOf<InstalledPackage>({ version: semanticVersion, manifestHash: digest, dataSchemaVersion: wholeNumber }),
  ),
);
const capacity = objectOf<Capacity>({ freeBytes: wholeNumber, totalBytes: wholeNumber });

export const failure = objectOf<Failure>({
  code: text,
  message: text,
  retry: oneOf('never', 'backoff', 'human'),
  hint: optional(text),
  retryAfterMs: optional(wholeNumber),
});

const reachable = objectOf<ReachableNode>({
  name: text,
  reachable: oneOf(true),
  platform,
  architecture,
  packages: installedPackages,
  drift: listOf(
    objectOf<FileDrift>({ package: text, path: safePath, problem: oneOf('missing', 'changed', 'mode', 'type') }),
  ),
  health: objectOf<Health>({
    status: oneOf('healthy', 'unhealthy', 'stopped', 'unknown'),
    runningVersion: nullOr(text),
    detail: nullOr(text),
  }),
  role: oneOf('leader', 'follower', 'unknown'),
  replication: optional(
    objectOf<Replication>({
      lagMs: nullOr(wholeNumber),
      underReplicatedGroups: nullOr(wholeNumber),
      membersUp: nullOr(wholeNumber),
    }),
  ),
  disk: capacity,
  memory: capacity,
  restorePoints: listOf(
    objectOf<RestorePointSummary>({
      id: text,
      createdAt: instant,
      packages: installedPackages,
      sizeBytes: wholeNumber,
    }),
  ),
  staged: listOf(digest),
  operation: nullOr(
    objectOf<OpenOperation>({
      id: text,
      kind: oneOf('update', 'rollback'),
      state: oneOf('running', 'interrupted'),
      token: wholeNumber,
    }),
  ),
  store: nullOr(text),
  highestToken: wholeNumber,
  refusing: optional(failure),
});

const unreachable = objectOf<UnreachableNode>({
  name: text,
  reachable: oneOf(false),
  failure,
});

export const observedNode = variantsOf<ObservedNode>('reachable', { true: reachable, false: unreachable });
