/** The shape of a plan file, field by field: formatVersion 1. */
import {
  anyObject,
  digest,
  flag,
  instant,
  listOf,
  nullOr,
  objectOf,
  oneOf,
  optional,
  recordOf,
  type Shape,
  text,
  variantsOf,
  wholeNumber,
} from '../kernel/document/shape.ts';
import type { Finding } from '../kernel/finding.ts';
import type { FileDrift, InstalledPackage } from '../model/observed.ts';
import type {
  Constraint,
  DeferredStep,
  NodeDrift,
  Plan,
  PlanScope,
  PlanSource,
  PlanStep,
  PlanSummary,
  ScheduledStep,
  SchemaState,
  StepState,
  StepUndo,
  Transition,
} from '../model/plan.ts';

const packages = recordOf(
  objectOf<InstalledPackage>({ version: text, manifestHash: digest, dataSchemaVersion: wholeNumber }),
);
const state = objectOf<StepState>({
  packages: optional(packages),
  promoted: optional(flag),
  schema: optional(
    objectOf<SchemaState>({ version: wholeNumber, done: nullOr(oneOf('expand', 'migrate', 'contract')) }),
  ),
});

const step = objectOf<PlanStep>({
  id: text,
  // The registry of actions says which kinds there are; the reader asks it.
  kind: text as Shape<PlanStep['kind']>,
  target: text,
  transition: optional(text),
  with: optional(listOf(text)),
  before: state,
  after: state,
  reason: text,
  needs: listOf(text),
  stage: wholeNumber,
  hop: optional(wholeNumber),
  undo: optional(objectOf<StepUndo>({ kind: oneOf('restore'), restorePoint: text })),
  irreversible: optional(objectOf<NonNullable<PlanStep['irreversible']>>({ why: text })),
  params: optional(anyObject),
});

const transition = objectOf<Transition>({
  id: text,
  package: text,
  from: nullOr(text),
  to: text,
  manifestHash: digest,
  files: objectOf<Transition['files']>({
    add: wholeNumber,
    change: wholeNumber,
    remove: wholeNumber,
    bytes: wholeNumber,
  }),
  restart: flag,
});

type Of<K extends Constraint['kind']> = Extract<Constraint, { kind: K }>;

const constraints: { readonly [K in Constraint['kind']]: Shape<Of<K>> } = {
  leaderLast: objectOf<Of<'leaderLast'>>({ kind: oneOf('leaderLast'), cluster: text, planned: optional(text) }),
  maxUnavailable: objectOf<Of<'maxUnavailable'>>({ kind: oneOf('maxUnavailable'), cluster: text, value: wholeNumber }),
  maxMinorSkew: objectOf<Of<'maxMinorSkew'>>({ kind: oneOf('maxMinorSkew'), cluster: text, value: wholeNumber }),
  quorum: objectOf<Of<'quorum'>>({
    kind: oneOf('quorum'),
    cluster: text,
    members: wholeNumber,
    mustStayUp: wholeNumber,
  }),
  window: objectOf<Of<'window'>>({
    kind: oneOf('window'),
    cluster: optional(text),
    node: text,
    tenants: listOf(text),
  }),
};

const scheduled = objectOf<ScheduledStep>({
  step: text,
  opensAt: nullOr(instant),
  closesAt: nullOr(instant),
  startsAt: nullOr(instant),
  endsAt: nullOr(instant),
  startsAfterMs: wholeNumber,
  endsAfterMs: wholeNumber,
  estimateMs: wholeNumber,
  because: optional(text),
});

/** Places in files are for people and not looked at. */
const finding = objectOf<Pick<Finding, 'severity' | 'code' | 'summary' | 'details' | 'fix'>>({
  severity: oneOf('error', 'warning', 'info'),
  code: text as Shape<Finding['code']>,
  summary: text,
  details: optional(listOf(text)),
  fix: optional(text),
});

const summary = objectOf<PlanSummary>({
  create: wholeNumber,
  update: wholeNumber,
  repair: wholeNumber,
  rollback: wholeNumber,
  migrate: wholeNumber,
  unchanged: wholeNumber,
  deferred: wholeNumber,
  irreversible: wholeNumber,
});

const drift = objectOf<FileDrift>({ package: text, path: text, problem: text as Shape<FileDrift['problem']> });

export const planShape = objectOf<Omit<Plan, 'formatVersion'>>({
  themisVersion: text,
  fleet: objectOf<Plan['fleet']>({ name: text, uid: text }),
  createdAt: instant,
  expiresAt: instant,
  scope: objectOf<PlanScope>({ targets: listOf(text), excludes: listOf(text), selector: optional(text) }),
  source: objectOf<PlanSource>({
    repository: nullOr(text),
    revision: nullOr(text),
    dirty: flag,
    signer: nullOr(text),
  }),
  desiredDigest: digest,
  targetDigest: digest,
  observedDigest: digest,
  planDigest: digest,
  applyable: flag,
  complete: flag,
  errored: flag,
  drift: listOf(objectOf<NodeDrift>({ node: text, files: listOf(drift) })),
  transitions: listOf(transition),
  steps: listOf(step),
  constraints: listOf(variantsOf<Constraint>('kind', constraints)),
  schedule: listOf(scheduled),
  deferred: listOf(objectOf<DeferredStep>({ step: text, reason: text, until: nullOr(instant) })),
  findings: listOf(finding),
  summary,
}) as Shape<Plan>;
