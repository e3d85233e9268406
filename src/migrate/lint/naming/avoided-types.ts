import type { Severity } from '../../../kernel/finding.ts';
import type { LintRule } from '../rule.ts';
import { typeText } from '../sql/type-name.ts';
import { typedColumns, type TypedColumn } from './columns.ts';

interface Reason {
  readonly why: string;
  readonly instead: string;
  readonly severity?: Severity;
}

const reasons: Readonly<Record<string, Reason>> = {
  character: { why: 'pads with blanks and compares without them', instead: 'text with a check of its length' },
  money: { why: 'depends on a setting of the server, and has no currency', instead: 'numeric' },
  'timestamp without time zone': { why: 'names no instant', instead: 'timestamptz' },
  'time with time zone': { why: 'has an offset without a date that would say what it means', instead: 'timestamptz' },
  json: { why: 'keeps the text, is parsed at every use, and has no equality', instead: 'jsonb' },
  smallserial: {
    why: 'owns a sequence with grants of its own, and ends at 32,767',
    instead: 'bigint with an identity',
  },
  serial: {
    why: 'owns a sequence with grants of its own, and ends at 2,147,483,647',
    instead: 'bigint with an identity',
  },
  bigserial: { why: 'owns a sequence with grants of its own', instead: 'bigint with an identity' },
};

const shortKey: Reason = { why: 'is too short for a key, which counts every row ever inserted', instead: 'bigint' };
const limited: Reason = {
  why: 'has a length that can be widened, and not narrowed without a copy',
  instead: 'text, with a check where the length matters',
  severity: 'info',
};

/** Types that are changed sooner or later, at the price of a copy of the table. */
export const avoidedTypes: LintRule = {
  code: 'THM7221',
  name: 'avoided-types',
  severity: 'warning',
  *check(world) {
    for (const column of typedColumns(world)) {
      const reason = reasonOf(column);
      if (reason === undefined) continue;
      const { why, instead, severity = 'warning' } = reason;
      yield {
        operation: column.operation,
        severity,
        summary: `Type ${typeText(column.type)} of ${column.address} ${why}.`,
        fix: `Use ${instead}.`,
      };
    }
  },
};

function reasonOf({ type, primaryKey }: TypedColumn): Reason | undefined {
  if (primaryKey && (type.name === 'integer' || type.name === 'smallint') && !type.array) return shortKey;
  if (type.name === 'character varying') return type.modifiers.length > 0 ? limited : undefined;
  return Object.hasOwn(reasons, type.name) ? reasons[type.name] : undefined;
}
