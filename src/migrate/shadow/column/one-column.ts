/** A column and its shadow: what belongs to them, and the trigger that writes the hidden one of the two. */
import type { CatalogColumn, CatalogConstraint, CatalogIndex, CatalogTable } from '../../../model/catalog.ts';
import type { NamedIn } from '../../../model/schema-step.ts';
import type { OperationWorld } from '../../operation.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import type { WalkKey } from '../../steps/fill.ts';
import type { Conversion } from '../conversion.ts';
import { indexesOver } from '../indexes.ts';
import { lastOf, quiet } from '../triggers.ts';

export interface ColumnShadow {
  readonly table: CatalogTable;
  readonly column: CatalogColumn;
  readonly key: WalkKey;
  readonly conversion: Conversion;
  /** SQL of the default from the swap on. */
  readonly defaultAfter: string | null;
  readonly world: OperationWorld;
}

/** Hidden names of what belongs to one shadow. */
export function shadowNames({ table: { schema }, world }: Pick<ColumnShadow, 'table' | 'world'>) {
  const hidden = (purpose: string): string => world.hidden(purpose);
  return {
    fresh: hidden('new'),
    old: hidden('old'),
    notNull: hidden('old_not_null'),
    write: { trigger: lastOf(hidden('write')), function: { schema, name: hidden('write') } },
    back: { trigger: lastOf(hidden('back')), function: { schema, name: hidden('back') } },
    /** Rows whose value did not convert, by a partial index that is empty. */
    lost: { schema, name: hidden('lost') },
    lostBack: { schema, name: hidden('lost_back') },
    index: (number: number) => hidden(`index${number}`),
    oldIndex: (number: number) => hidden(`old_index${number}`),
  };
}

export function validIndexes({ table, column }: ColumnShadow): readonly CatalogIndex[] {
  return indexesOver(table, column.name).filter(({ valid }) => valid);
}

export function checksOver(table: CatalogTable, column: string): readonly CatalogConstraint[] {
  return table.constraints.filter(({ kind, columns }) => kind === 'check' && columns.includes(column));
}

export function createTrigger(side: { readonly trigger: string; readonly function: NamedIn }, table: NamedIn): string {
  return `CREATE TRIGGER ${identifier(side.trigger)} BEFORE INSERT OR UPDATE ON ${qualified(table)} FOR EACH ROW EXECUTE FUNCTION ${qualified(side.function)}()`;
}

interface Writing {
  readonly hidden: string;
  /** SQL over the row. */
  readonly value: string;
  /** It fails for no row. */
  readonly safe: boolean;
  /** SQL of an update that leaves the hidden side as it is, over NEW and OLD; null: none does. */
  readonly unless: string | null;
  /** PL/pgSQL that comes before. */
  readonly placed?: string;
}

/** Body of a trigger's function. A value that does not convert leaves the hidden side NULL, and the writer alone. */
export function writing(table: CatalogTable, { hidden, value, safe, unless, placed }: Writing): string {
  const assign = `SELECT ${value} INTO NEW.${identifier(hidden)} FROM (SELECT NEW.*) AS ${identifier(table.name)};`;
  return [
    '#variable_conflict use_column',
    'BEGIN',
    `IF ${quiet} THEN RETURN NEW; END IF;`,
    ...(placed === undefined ? [] : [placed]),
    ...(unless === null ? [] : [`IF TG_OP = 'UPDATE' THEN IF ${unless} THEN RETURN NEW; END IF; END IF;`]),
    ...(safe
      ? [assign]
      : ['BEGIN', `  ${assign}`, `EXCEPTION WHEN OTHERS THEN NEW.${identifier(hidden)} := NULL;`, 'END;']),
    'RETURN NEW;',
    'END',
  ].join('\n');
}
