/** Catalogs written by hand, with everything that a test does not speak of left plain. */
import { expandOperation } from '../../../src/migrate/expand.ts';
import { isRefusal, type Refusal } from '../../../src/migrate/operation.ts';
import type {
  Catalog,
  CatalogColumn,
  CatalogConstraint,
  CatalogEnum,
  CatalogIndex,
  CatalogTable,
  CatalogView,
} from '../../../src/model/schema/catalog.ts';
import type { SchemaPhase } from '../../../src/model/schema/database.ts';
import type { Operation } from '../../../src/model/documents.ts';
import type { SchemaAction, SchemaStep } from '../../../src/model/schema/schema-step.ts';

const owned = { owner: 'app', grants: [], comment: null };

export function catalogOf(parts: Partial<Catalog> = {}): Catalog {
  return {
    schemas: [],
    tables: [],
    views: [],
    enums: [],
    types: [],
    sequences: [],
    functions: [],
    others: [],
    ...parts,
  };
}

/** In schema public, with a thousand rows and a primary key `id`. */
export function tableNamed(name: string, parts: Partial<CatalogTable> = {}): CatalogTable {
  return {
    ...owned,
    schema: 'public',
    name,
    kind: 'table',
    columns: [columnNamed('id', { type: 'bigint', nullable: false })],
    constraints: [
      constraintNamed(`${name}_pkey`, { kind: 'primaryKey', columns: ['id'], definition: 'PRIMARY KEY (id)' }),
    ],
    indexes: [],
    statistics: [],
    triggers: [],
    policies: [],
    rules: [],
    rowSecurity: false,
    forcedRowSecurity: false,
    replicaIdentity: 'DEFAULT',
    publications: [],
    logged: true,
    accessMethod: 'heap',
    tablespace: null,
    options: [],
    inherits: [],
    partitionKey: null,
    partition: null,
    server: null,
    rows: 1000,
    sizeBytes: 8192,
    ...parts,
  };
}

export function columnNamed(name: string, parts: Partial<CatalogColumn> = {}): CatalogColumn {
  return {
    name,
    position: 1,
    type: 'text',
    nullable: true,
    default: null,
    identity: null,
    generated: null,
    virtual: false,
    collation: null,
    storage: null,
    compression: null,
    statisticsTarget: null,
    options: [],
    comment: null,
    ...parts,
  };
}

export function constraintNamed(name: string, parts: Partial<CatalogConstraint> = {}): CatalogConstraint {
  return {
    name,
    kind: 'check',
    columns: [],
    definition: 'CHECK ((id > 0))',
    validated: true,
    references: null,
    comment: null,
    ...parts,
  };
}

export function indexNamed(name: string, parts: Partial<CatalogIndex> = {}): CatalogIndex {
  return {
    name,
    columns: ['id'],
    definition: `CREATE INDEX ${name} ON public.users USING btree (id)`,
    unique: false,
    valid: true,
    constraint: null,
    clustered: false,
    tablespace: null,
    comment: null,
    ...parts,
  };
}

export function viewNamed(name: string, parts: Partial<CatalogView> = {}): CatalogView {
  return {
    ...owned,
    schema: 'public',
    name,
    materialized: false,
    definition: ' SELECT id FROM public.users;',
    columns: [],
    indexes: [],
    triggers: [],
    rules: [],
    options: [],
    reads: [],
    ...parts,
  };
}

export function enumNamed(name: string, values: readonly string[], parts: Partial<CatalogEnum> = {}): CatalogEnum {
  return { ...owned, schema: 'public', name, values, ...parts };
}

/** What an operation does in one phase of migration `change`, in which it is the first. */
export function stepsOf(
  operation: Operation,
  phase: SchemaPhase,
  catalog: Catalog,
  serverVersionNumber = 180_004,
): readonly SchemaStep[] | Refusal {
  const input = { migration: 'change', operation, index: 0, phase, catalog, engine: 'postgresql' as const };
  return expandOperation({ ...input, serverVersionNumber });
}

/** One line for what a step does and one for what takes it back; the names that Themis hides without their digits. */
export function script(steps: readonly SchemaStep[] | Refusal): readonly string[] {
  if (isRefusal(steps)) return [`refused ${steps.refused.code}`];
  return steps.flatMap(({ id, action, undo, lock }) => [
    `${id} [${lock}] ${told(action)}`,
    `undo ${undo.kind === 'none' || undo.kind === 'irreversible' ? undo.kind : told(undo)}`,
  ]);
}

export function codeOf(steps: readonly SchemaStep[] | Refusal): string | undefined {
  return isRefusal(steps) ? steps.refused.code : undefined;
}

function told(action: SchemaAction): string {
  return `${action.kind} ${textOf(action)}`.trimEnd().replaceAll(/_themis_[0-9a-f]+_/gu, '_themis_');
}

function textOf(action: SchemaAction): string {
  switch (action.kind) {
    case 'statements':
    case 'scan':
    case 'bare':
      return action.statements.join('; ');
    case 'build-index':
      return `${action.index.schema}.${action.index.name}: ${action.definition}`;
    case 'drop-index':
      return `${action.index.schema}.${action.index.name}${action.concurrently ? ' concurrently' : ''}`;
    case 'walk':
      return `${keyOf(action.key)} where ${action.where ?? 'all'}: ${action.statement}`;
    case 'compare':
      return `${keyOf(action.key)} ${action.left.relation} with ${action.right.relation}`;
    case 'plugin':
      return `${action.plugin} ${action.version} ${action.direction} ${action.params} ${action.timeoutMs}ms`;
  }
}

function keyOf(key: readonly { readonly column: string; readonly type: string }[]): string {
  return `(${key.map(({ column, type }) => `${column} ${type}`).join(', ')})`;
}
