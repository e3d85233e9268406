/**
 * Every command, one line each, in the order of `--help`. A command's file is loaded when it is called, so that
 * `themis version` does not pay for the planner. Words of one name are subcommands: `release build`.
 */
import type { Command } from '../command.ts';

interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

export const commands = [
  { name: 'demo', load: async () => (await import('./demo.ts')).demoCommand },
  { name: 'init', load: async () => (await import('./init.ts')).initCommand },
  { name: 'validate', load: async () => (await import('./validate.ts')).validateCommand },
  { name: 'lock', load: async () => (await import('./lock.ts')).lockCommand },
  { name: 'plan', load: async () => (await import('./plan.ts')).planCommand },
  { name: 'sign-plan', load: async () => (await import('./sign-plan.ts')).signPlanCommand },
  { name: 'show', load: async () => (await import('./show.ts')).showCommand },
  { name: 'apply', load: async () => (await import('./apply.ts')).applyCommand },
  { name: 'simulate', load: async () => (await import('./simulate.ts')).simulateCommand },
  { name: 'status', load: async () => (await import('./status.ts')).statusCommand },
  { name: 'windows', load: async () => (await import('./windows.ts')).windowsCommand },
  { name: 'observe', load: async () => (await import('./observe.ts')).observeCommand },
  { name: 'history', load: async () => (await import('./history.ts')).historyCommand },
  { name: 'doctor', load: async () => (await import('./doctor.ts')).doctorCommand },
  { name: 'approve', load: async () => (await import('./approve.ts')).approveCommand },
  { name: 'rollback', load: async () => (await import('./rollback.ts')).rollbackCommand },
  { name: 'suspend', load: async () => (await import('./suspend.ts')).suspendCommand },
  { name: 'resume', load: async () => (await import('./resume.ts')).resumeCommand },
  { name: 'cancel', load: async () => (await import('./cancel.ts')).cancelCommand },
  { name: 'force-unlock', load: async () => (await import('./force-unlock.ts')).forceUnlockCommand },
  { name: 'node init', load: async () => (await import('./node-init.ts')).nodeInitCommand },
  { name: 'node observe', load: async () => (await import('./node-observe.ts')).nodeObserveCommand },
  { name: 'node recover', load: async () => (await import('./node-recover.ts')).nodeRecoverCommand },
  { name: 'node adopt', load: async () => (await import('./node-adopt.ts')).nodeAdoptCommand },
  {
    name: 'node rotate-anchors',
    load: async () => (await import('./node-rotate-anchors.ts')).nodeRotateAnchorsCommand,
  },
  { name: 'node exec', load: async () => (await import('./node-exec.ts')).nodeExecCommand },
  {
    name: 'node restore-points',
    load: async () => (await import('./node-restore-points.ts')).nodeRestorePointsCommand,
  },
  { name: 'node prune', load: async () => (await import('./node-prune.ts')).nodePruneCommand },
  { name: 'release keygen', load: async () => (await import('./release-keygen.ts')).releaseKeygenCommand },
  { name: 'release build', load: async () => (await import('./release-build.ts')).releaseBuildCommand },
  { name: 'release sign', load: async () => (await import('./release-sign.ts')).releaseSignCommand },
  { name: 'release timestamp', load: async () => (await import('./release-timestamp.ts')).releaseTimestampCommand },
  { name: 'release anchors', load: async () => (await import('./release-anchors.ts')).releaseAnchorsCommand },
  {
    name: 'release sign-anchors',
    load: async () => (await import('./release-sign-anchors.ts')).releaseSignAnchorsCommand,
  },
  { name: 'release verify', load: async () => (await import('./release-verify.ts')).releaseVerifyCommand },
  { name: 'release index', load: async () => (await import('./release-index.ts')).releaseIndexCommand },
  { name: 'release delta', load: async () => (await import('./release-delta.ts')).releaseDeltaCommand },
  { name: 'release check', load: async () => (await import('./release-check.ts')).releaseCheckCommand },
  { name: 'release assets', load: async () => (await import('./release-assets.ts')).releaseAssetsCommand },
  { name: 'release list', load: async () => (await import('./release-list.ts')).releaseListCommand },
  { name: 'release delete', load: async () => (await import('./release-delete.ts')).releaseDeleteCommand },
  { name: 'migrate status', load: async () => (await import('./migrate-status.ts')).migrateStatusCommand },
  { name: 'migrate undo', load: async () => (await import('./migrate-undo.ts')).migrateUndoCommand },
  { name: 'migrate lint', load: async () => (await import('./migrate-lint.ts')).migrateLintCommand },
  { name: 'migrate convert', load: async () => (await import('./migrate-convert.ts')).migrateConvertCommand },
  { name: 'explain', load: async () => (await import('./explain.ts')).explainCommand },
  { name: 'version', load: async () => (await import('./version.ts')).versionCommand },
  { name: 'completion', load: async () => (await import('./completion.ts')).completionCommand },
] as const satisfies readonly CommandEntry[];
