/**
 * What a switch makes of the tree: every path that is or will be there, with what it is before and after. Pure and
 * made from digest-checked data only (the restore point, staged manifests), so that after a crash it comes out the same.
 */
import type { FileState, InstalledRecord, InstalledRecords } from '../state/installed.ts';
import type { RestorePoint } from '../state/restore-point.ts';

export interface TreeChange {
  readonly path: string;
  /** null: not there. */
  readonly old: FileState | null;
  readonly new: FileState | null;
}

export type Side = 'old' | 'new';

/** Where a switch goes: releases over what is installed, or back to a restore point. */
export type Target =
  | { readonly kind: 'releases'; readonly records: InstalledRecords }
  | { readonly kind: 'restore-point'; readonly point: RestorePoint };

export interface TreePlan {
  /** Sorted by path; unchanged files are in it, because the tree is checked whole before a start. */
  readonly changes: readonly TreeChange[];
  readonly packages: { readonly [S in Side]: InstalledRecords };
  /** Modes of directories that have one on record. */
  readonly directories: { readonly [S in Side]: Readonly<Record<string, number>> };
}

export function planTree(before: RestorePoint, target: Target): TreePlan {
  const packages = packagesAfter(before.packages, target);
  const after = filesAfter(before, packages, target);
  const old = new Map(Object.entries(before.files));
  const changes = [...new Set([...old.keys(), ...after.keys()])]
    .sort()
    .map((path) => ({ path, old: old.get(path) ?? null, new: after.get(path) ?? null }));
  return {
    changes,
    packages: { old: before.packages, new: packages },
    directories: { old: before.directories, new: target.kind === 'releases' ? {} : target.point.directories },
  };
}

export function packagesAfter(before: InstalledRecords, target: Target): InstalledRecords {
  return target.kind === 'releases' ? { ...before, ...target.records } : target.point.packages;
}

/** Paths that the target writes; the restore point made before must hold what lies there. */
export function claimedPaths(target: Target): string[] {
  return target.kind === 'releases'
    ? Object.values(target.records).flatMap((record) => Object.keys(record.files))
    : Object.keys(target.point.files);
}

export function isChange(change: TreeChange): boolean {
  return !isSameFile(change.old, change.new);
}

export function isSameFile(a: FileState | null, b: FileState | null): boolean {
  if (a === null || b === null) return a === b;
  return a.sha256 === b.sha256 && a.mode === b.mode && a.sizeBytes === b.sizeBytes;
}

function filesAfter(before: RestorePoint, packages: InstalledRecords, target: Target): Map<string, FileState> {
  if (target.kind === 'restore-point') return new Map(Object.entries(target.point.files));
  const files = new Map<string, FileState>();
  for (const [name, record] of Object.entries(packages)) {
    const released: InstalledRecord | undefined = Object.hasOwn(target.records, name)
      ? target.records[name]
      : undefined;
    for (const path of Object.keys(record.files)) {
      // A package that the update leaves alone stays as it really is, drift included.
      const { files: known } = released === undefined ? before : record;
      const file = Object.hasOwn(known, path) ? known[path] : undefined;
      if (file !== undefined) files.set(path, file);
    }
  }
  return files;
}
