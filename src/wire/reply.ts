/**
 * What a node sends back. Open: fields of a newer minor version are dropped. A reply comes from a machine that may
 * be broken or hostile, so every field is checked before the fleet believes its type.
 */
import type { Failure } from '../kernel/outcome.ts';
import { wireVersion } from '../model/message.ts';
import type { NodeMessage, NodeProgress, NodeReply, OperationResult } from '../model/message.ts';
import type { NodePhase } from '../model/event.ts';
import type {
  Capacity,
  FileDrift,
  Health,
  InstalledPackage,
  OpenOperation,
  ReachableNode,
  RestorePointSummary,
} from '../model/observed.ts';
import { digest, integer, invalid, list, nullable, object, oneOf, record, text, variants } from './shape.ts';
import type { Shape } from './shape.ts';

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

const failure = object<Failure>(
  { code: text(64), message: text(65_536), retry: oneOf('never', 'backoff', 'human'), hint: text(65_536) },
  'open',
  ['hint'],
);

const progress = object<NodeProgress>(
  { kind: oneOf('progress'), phase: oneOf(...phases), doneBytes: integer(), totalBytes: integer() },
  'open',
  ['doneBytes', 'totalBytes'],
);

const installedPackage = object<InstalledPackage>(
  { version: text(256), manifestHash: digest, dataSchemaVersion: integer() },
  'open',
);
const packages = record(installedPackage, text(253));
const capacity = object<Capacity>({ freeBytes: integer(), totalBytes: integer() }, 'open');

const reachable: Shape<true> = (value, at) => {
  if (value !== true) throw invalid(at, 'true');
  return true;
};

const observedNode = object<ReachableNode>(
  {
    name: text(253),
    reachable,
    platform: oneOf('linux', 'macos', 'windows', 'any'),
    architecture: oneOf('x64', 'arm64', 'any'),
    packages,
    drift: list(
      object<FileDrift>(
        { package: text(253), path: text(1024), problem: oneOf('missing', 'changed', 'mode', 'type') },
        'open',
      ),
    ),
    health: object<Health>(
      {
        status: oneOf('healthy', 'unhealthy', 'stopped', 'unknown'),
        runningVersion: nullable(text(65_536)),
        detail: nullable(text(65_536)),
      },
      'open',
    ),
    role: oneOf('leader', 'follower', 'unknown'),
    disk: capacity,
    memory: capacity,
    restorePoints: list(
      object<RestorePointSummary>({ id: text(128), createdAt: text(64), packages, sizeBytes: integer() }, 'open'),
    ),
    staged: list(digest),
    operation: nullable(
      object<OpenOperation>(
        {
          id: text(128),
          kind: oneOf('update', 'rollback'),
          state: oneOf('running', 'interrupted'),
          token: integer(),
        },
        'open',
      ),
    ),
    store: nullable(text(128)),
    highestToken: integer(),
  },
  'open',
);

type Result<K extends OperationResult['kind']> = Extract<OperationResult, { kind: K }>;

export const operationResult: Shape<OperationResult> = variants<OperationResult>({
  done: object<Result<'done'>>({ kind: oneOf('done'), restorePoint: nullable(text(128)) }, 'open'),
  unchanged: object<Result<'unchanged'>>({ kind: oneOf('unchanged') }, 'open'),
  'rolled-back': object<Result<'rolled-back'>>({ kind: oneOf('rolled-back'), failure }, 'open'),
  stuck: object<Result<'stuck'>>({ kind: oneOf('stuck'), failure, cause: failure }, 'open'),
});

type Of<K extends NodeReply['kind']> = Extract<NodeReply, { kind: K }>;

const head = { wireVersion: oneOf(wireVersion), node: text(253) };

export const nodeMessage: Shape<NodeMessage> = variants<NodeMessage>({
  progress,
  observed: object<Of<'observed'>>({ ...head, kind: oneOf('observed'), observed: observedNode }, 'open'),
  finished: object<Of<'finished'>>({ ...head, kind: oneOf('finished'), result: operationResult }, 'open'),
  pruned: object<Of<'pruned'>>(
    {
      ...head,
      kind: oneOf('pruned'),
      restorePoints: list(text(128)),
      staged: list(digest),
      freedBytes: integer(),
    },
    'open',
  ),
  refused: object<Of<'refused'>>({ ...head, kind: oneOf('refused'), failure }, 'open'),
});
