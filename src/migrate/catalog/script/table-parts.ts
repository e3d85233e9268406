/** Statements that make what tables and views consist of beside their columns. */
import type {
  CatalogConstraint,
  CatalogIndex,
  CatalogTable,
  CatalogTrigger,
  CatalogView,
} from '../../../model/schema/catalog.ts';
import { shown } from '../../find.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { statisticsScript } from '../../sql/statistics.ts';
import { unlessInherited, type ScriptStatement } from './statement.ts';

export function constraintsScript(
  table: CatalogTable,
  isMeant: (constraint: CatalogConstraint) => boolean,
): readonly ScriptStatement[] {
  return table.constraints.filter(isMeant).map(({ name, definition, validated }) => {
    const add = `ADD CONSTRAINT ${identifier(name)} ${definition}${validated ? '' : ' NOT VALID'}`;
    const sql = `ALTER TABLE ${qualified(table)} ${add}`;
    return {
      what: `constraint ${name} of ${shown(table)}`,
      sql: table.inherits.length === 0 ? sql : unlessInherited(sql),
    };
  });
}

/** Those that no constraint makes, and that are valid. */
export function indexesScript(of: CatalogTable | CatalogView): readonly ScriptStatement[] {
  const isPart = 'inherits' in of && of.inherits.length > 0;
  return of.indexes.filter(isMade).map(({ name, definition }) => {
    // Of all parts at once, not of an empty whole alone.
    const sql = definition.replace(' ON ONLY ', ' ON ');
    return { what: `index ${name} of ${shown(of)}`, sql: isPart ? unlessInherited(sql) : sql };
  });
}

export function isMade({ constraint, valid }: CatalogIndex): boolean {
  return constraint === null && valid;
}

const firing: Readonly<Record<CatalogTrigger['fires'], string | null>> = {
  origin: null,
  replica: 'ENABLE REPLICA',
  always: 'ENABLE ALWAYS',
  never: 'DISABLE',
};

export function triggersScript(of: CatalogTable | CatalogView): readonly ScriptStatement[] {
  return of.triggers.flatMap(({ name, definition, fires }) => {
    const change = firing[fires];
    const alter = `ALTER TABLE ${qualified(of)} ${change} TRIGGER ${identifier(name)}`;
    const sql = change === null ? [definition] : [definition, alter];
    return sql.map((one) => ({ what: `trigger ${name} of ${shown(of)}`, sql: one }));
  });
}

export function rulesScript(of: CatalogTable | CatalogView): readonly ScriptStatement[] {
  return of.rules.map(({ name, definition }) => ({ what: `rule ${name} of ${shown(of)}`, sql: definition }));
}

/** Statistics, policies and what is said of the table as a whole. */
export function restScript(table: CatalogTable): readonly ScriptStatement[] {
  const { statistics, policies, rowSecurity, forcedRowSecurity, replicaIdentity, indexes } = table;
  const clustered = indexes.find((index) => index.clustered);
  const changes = [
    ...(rowSecurity ? ['ENABLE ROW LEVEL SECURITY'] : []),
    ...(forcedRowSecurity ? ['FORCE ROW LEVEL SECURITY'] : []),
    ...(replicaIdentity === 'DEFAULT' ? [] : [`REPLICA IDENTITY ${replicaIdentity}`]),
    ...(clustered === undefined ? [] : [`CLUSTER ON ${identifier(clustered.name)}`]),
  ];
  return [
    ...statistics.flatMap((one) => statisticsScript(one).map((sql) => ({ what: `statistics ${one.name}`, sql }))),
    ...policies.map((one) => ({ what: `policy ${one.name} of ${shown(table)}`, sql: one.definition })),
    ...changes.map((change) => ({
      what: `${change.toLowerCase()} of ${shown(table)}`,
      sql: `ALTER TABLE ONLY ${qualified(table)} ${change}`,
    })),
  ];
}
