/** Steps written by hand: a table that is copied, compared and indexed, with one of every action that needs no plug-in. */
import type { SchemaMigration, SchemaParts } from '../../../src/fleet/schema/request.ts';
import type { SchemaPhase } from '../../../src/model/schema/database.ts';
import type { CompareAction, SchemaAction, SchemaStep, WalkAction } from '../../../src/model/schema/schema-step.ts';
import { migration, rawSql } from './schema-world.ts';

export type HandMadeStep = Omit<SchemaStep, 'phase' | 'operation'>;

/** A migration of one operation that has these steps. */
export function handMade(
  steps: Partial<Record<SchemaPhase, readonly HandMadeStep[]>>,
  change: Partial<SchemaMigration> = {},
): { readonly migration: SchemaMigration; readonly parts: Pick<SchemaParts, 'expand'> } {
  return {
    migration: migration([rawSql('made by hand', 'made by hand')], change),
    parts: {
      expand: ({ phase, index }) => (steps[phase] ?? []).map((step) => ({ ...step, phase, operation: index })),
    },
  };
}

export function step(id: string, action: SchemaAction, undo: SchemaStep['undo'] = { kind: 'none' }): HandMadeStep {
  return { id, title: `carries out ${id}`, action, undo, lock: 'none', rewrites: false };
}

export function statements(...sql: readonly string[]): SchemaAction {
  return { kind: 'statements', statements: sql };
}

export const items = { schema: 'public', name: 'items' };
const key = [{ column: 'id', type: 'bigint' }];

export const itemsSql = (rows: number): readonly string[] => [
  'CREATE TABLE items (id bigint PRIMARY KEY, name text)',
  `INSERT INTO items SELECT n, nullif('item ' || n, 'item 7') FROM generate_series(1, ${rows}) n`,
];

export const makeCopies = step(
  'make',
  statements('CREATE TABLE copies (id bigint PRIMARY KEY, name text)'),
  statements('DROP TABLE copies'),
);

export const walkItems: WalkAction = {
  kind: 'walk',
  table: items,
  key,
  where: null,
  statement: 'INSERT INTO copies SELECT id, name FROM items JOIN themis_batch USING (id) ON CONFLICT DO NOTHING',
  firstBatchRows: 100,
};

export const compareCopies: CompareAction = {
  kind: 'compare',
  table: items,
  key,
  left: { relation: 'items', row: 'name' },
  right: { relation: 'copies', row: 'name' },
  repair:
    'INSERT INTO copies SELECT id, name FROM items JOIN themis_batch USING (id)' +
    ' ON CONFLICT (id) DO UPDATE SET name = excluded.name',
  attempts: 2,
  chunkRows: 100,
};

const index = { schema: 'public', name: 'copies_name' };

export const indexCopies = step(
  'index',
  { kind: 'build-index', index, definition: 'CREATE INDEX CONCURRENTLY copies_name ON copies (name)' },
  { kind: 'drop-index', index, concurrently: true },
);

export const shadowSteps: readonly HandMadeStep[] = [
  makeCopies,
  step('copy', walkItems),
  step('compare', compareCopies),
  indexCopies,
  step(
    'comment',
    { kind: 'bare', statements: [`COMMENT ON TABLE items IS 'copied'`] },
    { kind: 'bare', statements: ['COMMENT ON TABLE items IS NULL'] },
  ),
  step(
    'check',
    {
      kind: 'scan',
      statements: ['ALTER TABLE copies ADD CONSTRAINT positive CHECK (id > 0)'],
    },
    statements('ALTER TABLE copies DROP CONSTRAINT positive'),
  ),
];

export const failingStep = step('fail', statements('ALTER TABLE copies ADD COLUMN extra text', 'SELECT 1 / 0'));
