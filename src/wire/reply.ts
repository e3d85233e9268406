/**
 * What a node sends back. Open: fields of a newer minor version are dropped. A reply comes from a machine that may
 * be broken or hostile, so every field is checked before the fleet believes its type.
 */
import type { Failure } from '../kernel/outcome.ts';
import { wireVersion } from '../model/message.ts';
import type { NodeMessage, NodeProgress, NodeReply, OperationResult } from '../model/message.ts';
import type { FileProgress, NodePhase } from '../model/event.ts';
import type {
  Capacity,
  FileDrift,
  Health,
  InstalledPackage,
  OpenOperation,
  ReachableNode,
  Replication,
  RestorePointSummary,
} from '../model/observed.ts';
import {
  digest,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  recordOf,
  type Shape,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import { boundedText } from './bounded-text.ts';

const phases = [
  'stage',
  'preflight',
  'restore-point',
  'prepare',
  'drain',
  'stop',
  'switch',
  'start',
  'health',
  'rejoin',
  'commit',
  'roll-back',
] as const satisfies readonly NodePhase[];

const failure = objectOf<Failure>(
  {
    code: boundedText(64),
    message: boundedText(65_536),
    retry: oneOf('never', 'backoff', 'human'),
    hint: optional(boundedText(65_536)),
    retryAfterMs: optional(wholeNumber),
  },
  'drop',
);

const progress = objectOf<NodeProgress>(
  {
    kind: oneOf('progress'),
    phase: oneOf(...phases),
    doneBytes: optional(wholeNumber),
    totalBytes: optional(wholeNumber),
    fetchedBytes: optional(wholeNumber),
    reusedBytes: optional(wholeNumber),
    bytesPerSecond: optional(wholeNumber),
    remainingMs: optional(wholeNumber),
    files: optional(
      listOf(
        objectOf<FileProgress>(
          {
            // Drawn on terminals.
            path: boundedText(1024, /^\P{Cc}*$/u),
            doneBytes: wholeNumber,
            totalBytes: wholeNumber,
            bytesPerSecond: wholeNumber,
            remainingMs: optional(wholeNumber),
          },
          'drop',
        ),
        64,
      ),
    ),
    note: optional(boundedText(2048)),
  },
  'drop',
);

const installedPackage = objectOf<InstalledPackage>(
  { version: boundedText(256), manifestHash: digest, dataSchemaVersion: wholeNumber },
  'drop',
);
const packages = recordOf(installedPackage, boundedText(253));
const capacity = objectOf<Capacity>({ freeBytes: wholeNumber, totalBytes: wholeNumber }, 'drop');

const observedNode = objectOf<ReachableNode>(
  {
    name: boundedText(253),
    reachable: oneOf(true),
    platform: oneOf('linux', 'macos', 'windows', 'any'),
    architecture: oneOf('x64', 'arm64', 'any'),
    packages,
    drift: listOf(
      objectOf<FileDrift>(
        { package: boundedText(253), path: boundedText(1024), problem: oneOf('missing', 'changed', 'mode', 'type') },
        'drop',
      ),
    ),
    health: objectOf<Health>(
      {
        status: oneOf('healthy', 'unhealthy', 'stopped', 'unknown'),
        runningVersion: nullOr(boundedText(65_536)),
        detail: nullOr(boundedText(65_536)),
      },
      'drop',
    ),
    role: oneOf('leader', 'follower', 'unknown'),
    replication: optional(
      objectOf<Replication>(
        { lagMs: nullOr(wholeNumber), underReplicatedGroups: nullOr(wholeNumber), membersUp: nullOr(wholeNumber) },
        'drop',
      ),
    ),
    disk: capacity,
    memory: capacity,
    restorePoints: listOf(
      objectOf<RestorePointSummary>(
        { id: boundedText(128), createdAt: boundedText(64), packages, sizeBytes: wholeNumber },
        'drop',
      ),
    ),
    staged: listOf(digest),
    operation: nullOr(
      objectOf<OpenOperation>(
        {
          id: boundedText(128),
          kind: oneOf('update', 'rollback'),
          state: oneOf('running', 'interrupted'),
          token: wholeNumber,
        },
        'drop',
      ),
    ),
    store: nullOr(boundedText(128)),
    highestToken: wholeNumber,
    refusing: optional(failure),
  },
  'drop',
);

type Result<K extends OperationResult['kind']> = Extract<OperationResult, { kind: K }>;

export const operationResult: Shape<OperationResult> = variantsOf<OperationResult>('kind', {
  done: objectOf<Result<'done'>>({ kind: oneOf('done'), restorePoint: nullOr(boundedText(128)) }, 'drop'),
  unchanged: objectOf<Result<'unchanged'>>({ kind: oneOf('unchanged') }, 'drop'),
  'rolled-back': objectOf<Result<'rolled-back'>>({ kind: oneOf('rolled-back'), failure }, 'drop'),
  stuck: objectOf<Result<'stuck'>>({ kind: oneOf('stuck'), failure, cause: failure }, 'drop'),
});

type Of<K extends NodeReply['kind']> = Extract<NodeReply, { kind: K }>;

const head = { wireVersion: oneOf(wireVersion), node: boundedText(253) };

export const nodeMessage: Shape<NodeMessage> = variantsOf<NodeMessage>('kind', {
  progress,
  observed: objectOf<Of<'observed'>>({ ...head, kind: oneOf('observed'), observed: observedNode }, 'drop'),
  finished: objectOf<Of<'finished'>>({ ...head, kind: oneOf('finished'), result: operationResult }, 'drop'),
  metrics: objectOf<Of<'metrics'>>(
    { ...head, kind: oneOf('metrics'), atMs: wholeNumber, text: nullOr(boundedText(4 * 1024 * 1024)) },
    'drop',
  ),
  pruned: objectOf<Of<'pruned'>>(
    {
      ...head,
      kind: oneOf('pruned'),
      restorePoints: listOf(boundedText(128)),
      staged: listOf(digest),
      freedBytes: wholeNumber,
    },
    'drop',
  ),
  refused: objectOf<Of<'refused'>>({ ...head, kind: oneOf('refused'), failure }, 'drop'),
});
