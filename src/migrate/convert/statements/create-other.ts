/** What is created and has no operation: kept as it is, with the DROP that takes it back where that is certain. */
import type { FunctionParameter, RangeVar } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { SqlNode } from '../../../ports/schema/sql-parser.ts';
import { identifier, qualified } from '../../sql/quote.ts';
import { raw, type Draft, type Undo, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { fieldsOf, namedIn, namesOf, relationOf } from '../tree.ts';
import { isOff } from './left-out.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Created {
  /** `VIEW "public"."v"`. */
  readonly drop: string;
  readonly known?: readonly [kind: string, name: NamedIn];
  readonly table?: NamedIn;
}

/** undefined: not a statement of this kind. */
export function createOther(unit: Unit, world: World): readonly Draft[] | undefined {
  const { kind, fields } = fieldsOf(unit.node);
  const read = creations[kind];
  if (read === undefined) return undefined;
  const made = read(fields, world);
  const undo = undoOf(fields, made);
  if (made?.known !== undefined) world.known.addObject(...made.known);
  const own = made?.table === undefined ? unit : { ...unit, table: made.table };
  return [raw(own, upOf(kind, unit, world), 'there is no operation for it', undo)];
}

/** Code may speak of what the script makes later: pg_dump has it unchecked until everything is there. */
function upOf(kind: string, { piece }: Unit, { settings }: World): string {
  const isUnchecked = kind === 'CreateFunctionStmt' && isOff(settings.get('check_function_bodies'));
  return `${isUnchecked ? 'SET LOCAL check_function_bodies = off;\n' : ''}${verbatim(piece)}`;
}

function undoOf(fields: Fields, made: Created | undefined): Undo {
  if (made === undefined) return { irreversible: 'There is no undo that is certain.' };
  if (fields['replace'] === true) return { irreversible: 'What it replaces is not in the script.' };
  if (fields['if_not_exists'] === true) return { irreversible: 'It may have been there before.' };
  return { down: `DROP ${made.drop}` };
}

const creations: Readonly<Record<string, (fields: Fields, world: World) => Created | undefined>> = {
  CreateExtensionStmt: ({ extname }) => ({ drop: `EXTENSION ${identifier(text(extname))}` }),
  CreateSchemaStmt: ({ schemaname, schemaElts }) =>
    // What it makes inside would be in the way of the drop.
    schemaname === undefined || list(schemaElts).length > 0
      ? undefined
      : { drop: `SCHEMA ${identifier(text(schemaname))}`, known: ['schema', namedIn([text(schemaname)])] },
  CompositeTypeStmt: ({ typevar }) => named('TYPE', 'type', relationOf(typevar as RangeVar)),
  CreateEnumStmt: ({ typeName }) => named('TYPE', 'type', namedIn(namesOf(list(typeName)))),
  CreateRangeStmt: ({ typeName }) => named('TYPE', 'type', namedIn(namesOf(list(typeName)))),
  CreateDomainStmt: ({ domainname }) => named('DOMAIN', 'type', namedIn(namesOf(list(domainname)))),
  CreateSeqStmt: ({ sequence }) => lasting('SEQUENCE', 'sequence', sequence as RangeVar),
  ViewStmt: ({ view }) => lasting('VIEW', 'view', view as RangeVar),
  CreateTableAsStmt: ({ into, objtype }, { known }) => {
    const relation = (into as { rel?: RangeVar } | undefined)?.rel;
    if (objtype === 'OBJECT_MATVIEW') return lasting('MATERIALIZED VIEW', 'view', relation);
    const table = relationOf(relation);
    known.addTable(table, { created: null, columns: new Map(), primaryKey: null, constraints: new Map() });
    return lasting('TABLE', 'table', relation);
  },
  CreateFunctionStmt: ({ funcname, parameters, is_procedure: isProcedure }, world) => {
    const name = namedIn(namesOf(list(funcname)));
    const types = argumentTypes(list(parameters), world);
    const word = isProcedure === true ? 'PROCEDURE' : 'FUNCTION';
    return types === undefined
      ? undefined
      : { drop: `${word} ${qualified(name)}(${types.join(', ')})`, known: ['function', name] };
  },
  CreateTrigStmt: ({ trigname, relation }) => onTable('TRIGGER', trigname, relation),
  CreatePolicyStmt: ({ policy_name: name, table }) => onTable('POLICY', name, table),
  RuleStmt: ({ rulename, relation }) => onTable('RULE', rulename, relation),
  CreateStatsStmt: ({ defnames }) =>
    list(defnames).length === 0 ? undefined : { drop: `STATISTICS ${qualified(namedIn(namesOf(list(defnames))))}` },
  CreateRoleStmt: ({ role }) => ({ drop: `ROLE ${identifier(text(role))}` }),
  CreateFdwStmt: ({ fdwname }) => ({ drop: `FOREIGN DATA WRAPPER ${identifier(text(fdwname))}` }),
  CreateForeignServerStmt: ({ servername }) => ({ drop: `SERVER ${identifier(text(servername))}` }),
  CreateForeignTableStmt: ({ base }) =>
    lasting('FOREIGN TABLE', 'table', (base as { relation?: RangeVar } | undefined)?.relation),
  DefineStmt: ({ kind, defnames }) =>
    kind === 'OBJECT_COLLATION' ? { drop: `COLLATION ${qualified(namedIn(namesOf(list(defnames))))}` } : undefined,
};

function named(word: string, kind: string, name: NamedIn): Created {
  return { drop: `${word} ${qualified(name)}`, known: [kind, name] };
}

/** Undefined where it is gone with its session. */
function lasting(word: string, kind: string, relation: RangeVar | undefined): Created | undefined {
  if (relation === undefined || relation.relpersistence === 't' || relation.schemaname === 'pg_temp') return undefined;
  return named(word, kind, relationOf(relation));
}

function onTable(word: string, name: unknown, relation: unknown): Created {
  const table = relationOf(relation as RangeVar);
  return { drop: `${word} ${identifier(text(name))} ON ${qualified(table)}`, table };
}

const modes: Readonly<Record<string, string>> = {
  FUNC_PARAM_OUT: 'OUT ',
  FUNC_PARAM_INOUT: 'INOUT ',
  FUNC_PARAM_VARIADIC: 'VARIADIC ',
};

/** Of those that are given, by which PostgreSQL tells functions of one name apart. */
function argumentTypes(parameters: readonly SqlNode[], { parser }: World): string[] | undefined {
  const types: string[] = [];
  for (const node of parameters) {
    const { argType, mode } = fieldsOf(node).fields as FunctionParameter;
    if (mode === 'FUNC_PARAM_TABLE') continue;
    const type = argType === undefined ? undefined : parser.deparse({ TypeName: argType });
    if (type === undefined || type === '') return undefined;
    types.push(`${modes[mode ?? ''] ?? ''}${type}`);
  }
  return types;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): readonly SqlNode[] {
  return Array.isArray(value) ? (value as SqlNode[]) : [];
}
