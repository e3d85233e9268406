/**
 * The findings of planning: one line each, stable for ever. `exit` is the exit code that an error of this kind asks
 * for: 3 where the desired state must be mended, 4 where something forbids it, 64 where the command line is wrong.
 */
import type { FindingCode, Severity } from '../../kernel/finding.ts';

interface PlanCode {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly exit?: 3 | 4 | 64;
}

export const planCodes = {
  lockMissing: { code: 'THM3001', severity: 'error', exit: 3 },
  packageNotLocked: { code: 'THM3002', severity: 'error', exit: 3 },
  lockDoesNotSatisfy: { code: 'THM3003', severity: 'error', exit: 3 },
  lockHoldsMore: { code: 'THM3004', severity: 'warning' },
  platformNotLocked: { code: 'THM3005', severity: 'error', exit: 3 },
  releaseNotFound: { code: 'THM3006', severity: 'error', exit: 3 },
  lockDiffersFromRelease: { code: 'THM3007', severity: 'error', exit: 3 },
  releaseYanked: { code: 'THM3008', severity: 'error', exit: 4 },
  runsYanked: { code: 'THM3009', severity: 'warning' },
  releaseExpired: { code: 'THM3010', severity: 'warning' },
  dependencyMissing: { code: 'THM3011', severity: 'error', exit: 3 },
  dependencyNotSatisfied: { code: 'THM3012', severity: 'error', exit: 3 },
  packagesConflict: { code: 'THM3013', severity: 'error', exit: 3 },
  dependencyCycle: { code: 'THM3014', severity: 'error', exit: 3 },
  nodeUnreachable: { code: 'THM3020', severity: 'warning' },
  nodeNotObserved: { code: 'THM3021', severity: 'warning' },
  nodeNotInFleet: { code: 'THM3022', severity: 'info' },
  operationOpen: { code: 'THM3023', severity: 'warning' },
  packageUnmanaged: { code: 'THM3024', severity: 'info' },
  driftUnmanaged: { code: 'THM3025', severity: 'warning' },
  skewExceeded: { code: 'THM3030', severity: 'error', exit: 4 },
  upgradeNotAdmitted: { code: 'THM3031', severity: 'error', exit: 4 },
  downgradeWithoutRestorePoint: { code: 'THM3032', severity: 'error', exit: 4 },
  sameVersionOtherManifest: { code: 'THM3033', severity: 'warning' },
  dataSchemaMoves: { code: 'THM3034', severity: 'warning' },
  stageSkipped: { code: 'THM3040', severity: 'warning' },
  nodesInNoStage: { code: 'THM3041', severity: 'warning' },
  quorumCannotHold: { code: 'THM3042', severity: 'warning' },
  gateNotCompared: { code: 'THM3044', severity: 'info' },
  gateTooFewNodes: { code: 'THM3045', severity: 'warning' },
  severalLeaders: { code: 'THM3043', severity: 'warning' },
  targetQuarantined: { code: 'THM3050', severity: 'error', exit: 4 },
  fleetSuspended: { code: 'THM3051', severity: 'error', exit: 4 },
  consentMissing: { code: 'THM3052', severity: 'warning' },
  windowNever: { code: 'THM3053', severity: 'warning' },
  emergencyOpen: { code: 'THM3054', severity: 'warning' },
  emergencyInvalid: { code: 'THM3055', severity: 'warning' },
  criticalPasses: { code: 'THM3056', severity: 'info' },
  scopeUnknown: { code: 'THM3060', severity: 'error', exit: 64 },
  scopeEmpty: { code: 'THM3061', severity: 'error', exit: 64 },
  scopeWidened: { code: 'THM3062', severity: 'info' },
  scopeNarrowed: { code: 'THM3063', severity: 'info' },
  restorePointUnknown: { code: 'THM3070', severity: 'error', exit: 4 },
  nothingToRollBack: { code: 'THM3071', severity: 'info' },
  rollbackUnreachable: { code: 'THM3072', severity: 'warning' },
  rollbackShared: { code: 'THM3073', severity: 'warning' },
  databaseUnreachable: { code: 'THM7400', severity: 'error', exit: 4 },
  databaseNotObserved: { code: 'THM7401', severity: 'error', exit: 4 },
  schemaSkipped: { code: 'THM7402', severity: 'error', exit: 3 },
  schemaChanged: { code: 'THM7403', severity: 'error', exit: 3 },
  schemaOtherMigration: { code: 'THM7404', severity: 'error', exit: 3 },
  schemaNotReached: { code: 'THM7405', severity: 'info' },
  schemaFileMissing: { code: 'THM7406', severity: 'error', exit: 3 },
  schemaCannotComeBack: { code: 'THM7407', severity: 'error', exit: 4 },
  schemaForgotten: { code: 'THM7408', severity: 'warning' },
  schemaLate: { code: 'THM7409', severity: 'warning' },
  schemaRunOpen: { code: 'THM7410', severity: 'warning' },
  schemaReleaseUnknown: { code: 'THM7411', severity: 'warning' },
  schemaApart: { code: 'THM7412', severity: 'warning' },
  schemaContracted: { code: 'THM7413', severity: 'error', exit: 4 },
  schemaDataOnce: { code: 'THM7414', severity: 'warning' },
  schemaProbesUnknown: { code: 'THM7415', severity: 'info' },
} as const satisfies Record<string, PlanCode>;

export type PlanFindingKind = keyof typeof planCodes;

const exits: ReadonlyMap<string, number> = new Map(
  Object.values(planCodes).flatMap((entry) => ('exit' in entry ? [[entry.code, entry.exit] as const] : [])),
);

/** The exit code an error finding asks for; 3 for errors of other rooms, which concern the desired state. */
export function exitOfFinding(code: string): number {
  return exits.get(code) ?? 3;
}
