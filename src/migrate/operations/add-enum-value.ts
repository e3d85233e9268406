/**
 * `addEnumValue`: one short transaction of its own, since nothing may use the value in the one that adds it. PostgreSQL
 * takes no value away again: undo makes the type anew and moves what uses it over, which writes those tables anew and
 * fails, without a trace, where a row has the value. Where that cannot work, the step says so.
 */
import type { CatalogEnum } from '../../model/schema/catalog.ts';
import { enumOf, refuse, shown } from '../find.ts';
import { isRefusal, type ParamsOf, type Refusal, type SchemaOperation } from '../operation.ts';
import { longestNameBytes, nameBytes } from '../sql/auto-name.ts';
import { literal, qualified } from '../sql/quote.ts';
import { keptBy, remaking } from '../sql/enum.ts';
import { inTransaction, statements } from '../steps/steps.ts';

type Params = ParamsOf<'addEnumValue'>;

export const addEnumValue: SchemaOperation<'addEnumValue'> = {
  kind: 'addEnumValue',
  traits: () => ({
    phases: ['expand'],
    transactional: true,
    inverse: { kind: 'inverse', describe: 'makes the type anew without the value, where no row has it' },
    rewrites: false,
    lock: 'none',
    graceMs: 0,
    tables: [],
  }),
  describe: ({ type, value }) => `adds value ${value} to type ${type}`,
  steps(params, phase, world) {
    if (phase !== 'expand') return [];
    const type = enumOf(world.catalog, params.type);
    if (isRefusal(type)) return type;
    const refused = refuseValue(type, params);
    if (refused !== undefined) return refused;
    const why = keptBy(type, world);
    return [
      statements([`ALTER TYPE ${qualified(type)} ADD VALUE ${literal(params.value)}${place(params)}`], {
        key: 'add',
        title: `adds value ${params.value} to type ${shown(type)}`,
        undo: why === undefined ? inTransaction(...remaking(type, world)) : { kind: 'irreversible', why },
        lock: 'none',
      }),
    ];
  },
};

function place({ before, after }: Params): string {
  if (before !== undefined) return ` BEFORE ${literal(before)}`;
  return after === undefined ? '' : ` AFTER ${literal(after)}`;
}

function refuseValue(type: CatalogEnum, { value, before, after }: Params): Refusal | undefined {
  if (type.values.includes(value)) {
    return refuse(
      'THM7014',
      `Type ${shown(type)} has the value ${value} already.`,
      'Leave out the operation if it is the one meant.',
    );
  }
  if (before !== undefined && after !== undefined) {
    return refuse('THM7031', `Value ${value} is to stand before ${before} and after ${after}.`, 'Name one of them.');
  }
  if (nameBytes(value) > longestNameBytes) {
    return refuse(
      'THM7032',
      `Value ${value} is longer than the ${longestNameBytes} bytes that PostgreSQL allows.`,
      'Choose a shorter one.',
    );
  }
  const neighbour = before ?? after;
  if (neighbour === undefined || type.values.includes(neighbour)) return undefined;
  return refuse('THM7019', `Type ${shown(type)} has no value ${neighbour}.`, `It has ${type.values.join(', ')}.`);
}
