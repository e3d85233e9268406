/** When an operation does what cannot be taken back, and when it may fail: as far as its parameters say. */
import { schemaPhases, type SchemaPhase } from '../../../model/schema/database.ts';
import type { LintOperation } from '../rule.ts';

/** Undefined where it can be undone. */
export function irreversibleIn({ kind, params }: LintOperation): { phase: SchemaPhase; why: string } | undefined {
  switch (kind) {
    case 'dropTable':
      return { phase: 'contract', why: `drops table ${params.table} with its rows` };
    case 'dropColumn':
      return { phase: 'contract', why: `drops column ${params.table}.${params.column} with its values` };
    case 'backfill':
      return params.undo === undefined ? { phase: 'migrate', why: `overwrites values of ${params.table}` } : undefined;
    case 'rawSql':
      return params.irreversible === undefined
        ? undefined
        : { phase: params.phase ?? 'expand', why: `runs SQL that nothing takes back (${params.irreversible})` };
    default:
      return undefined;
  }
}

/** The last phase in which data, or somebody else's code, decides whether it works. */
export function riskyIn({ kind, params }: LintOperation): { phase: SchemaPhase; why: string } | undefined {
  switch (kind) {
    case 'addIndex':
      return params.unique === true ? { phase: 'expand', why: `unique index ${params.name}` } : undefined;
    case 'addConstraint':
      return params.validate === false
        ? undefined
        : { phase: params.unique === undefined ? 'migrate' : 'expand', why: `constraint ${params.name}` };
    case 'alterColumn':
      return params.type !== undefined || params.nullable === false || params.check !== undefined
        ? { phase: 'expand', why: `the change of ${params.table}.${params.column}` }
        : undefined;
    case 'backfill':
      return { phase: 'migrate', why: `the backfill of ${params.table}` };
    case 'rawSql':
      return { phase: params.phase ?? 'expand', why: 'the SQL' };
    case 'custom':
      return { phase: params.phase ?? 'migrate', why: `plug-in ${params.plugin}` };
    default:
      return undefined;
  }
}

/** Order in which things happen: by phase, then as they are written. */
export function turnOf(phase: SchemaPhase, index: number): number {
  return schemaPhases.indexOf(phase) * 1_000_000 + index;
}
