/** The shape of a plan file, field by field: formatVersion 1. */
import type { Shape } from '../kernel/shape.ts';
import {
  anyObject,
  digest,
  flag,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  recordOf,
  text,
  wholeNumber,
} from '../kernel/shape.ts';

const packages = recordOf(objectOf({ version: text, manifestHash: digest, dataSchemaVersion: wholeNumber }));
const state = objectOf({}, { packages, promoted: flag });

const step = objectOf(
  {
    id: text,
    kind: text,
    target: text,
    before: state,
    after: state,
    reason: text,
    needs: listOf(text),
    stage: wholeNumber,
  },
  {
    transition: text,
    with: listOf(text),
    undo: objectOf({ kind: oneOf('restore'), restorePoint: text }),
    irreversible: objectOf({ why: text }),
    params: anyObject,
  },
);

const transition = objectOf({
  id: text,
  package: text,
  from: nullOr(text),
  to: text,
  manifestHash: digest,
  files: objectOf({ add: wholeNumber, change: wholeNumber, remove: wholeNumber, bytes: wholeNumber }),
  restart: flag,
});

const constraints: Readonly<Record<string, Shape>> = {
  leaderLast: objectOf({ cluster: text }, { planned: text }),
  maxUnavailable: objectOf({ cluster: text, value: wholeNumber }),
  maxMinorSkew: objectOf({ cluster: text, value: wholeNumber }),
  quorum: objectOf({ cluster: text, members: wholeNumber, mustStayUp: wholeNumber }),
  window: objectOf({ node: text, tenants: listOf(text) }, { cluster: text }),
};
const constraintKind = objectOf({ kind: oneOf(...Object.keys(constraints)) });

const constraint: Shape = (value) => constraintKind(value) ?? constraints[(value as { kind: string }).kind]!(value);

const scheduled = objectOf({
  step: text,
  opensAt: nullOr(instant),
  closesAt: nullOr(instant),
  startsAt: nullOr(instant),
  endsAt: nullOr(instant),
  startsAfterMs: wholeNumber,
  endsAfterMs: wholeNumber,
  estimateMs: wholeNumber,
});

const finding = objectOf({ severity: oneOf('error', 'warning', 'info'), code: text, summary: text }, { fix: text });

const summary = objectOf({
  create: wholeNumber,
  update: wholeNumber,
  repair: wholeNumber,
  rollback: wholeNumber,
  migrate: wholeNumber,
  unchanged: wholeNumber,
  deferred: wholeNumber,
  irreversible: wholeNumber,
});

export const planShape: Shape = objectOf({
  themisVersion: text,
  fleet: objectOf({ name: text, uid: text }),
  createdAt: instant,
  expiresAt: instant,
  scope: objectOf({ targets: listOf(text), excludes: listOf(text) }, { selector: text }),
  source: objectOf({ repository: nullOr(text), revision: nullOr(text), dirty: flag, signer: nullOr(text) }),
  desiredDigest: digest,
  targetDigest: digest,
  observedDigest: digest,
  planDigest: digest,
  applyable: flag,
  complete: flag,
  errored: flag,
  drift: listOf(objectOf({ node: text, files: listOf(objectOf({ package: text, path: text, problem: text })) })),
  transitions: listOf(transition),
  steps: listOf(step),
  constraints: listOf(constraint),
  schedule: listOf(scheduled),
  deferred: listOf(objectOf({ step: text, reason: text, until: nullOr(instant) })),
  findings: listOf(finding),
  summary,
});
