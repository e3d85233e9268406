/** ALTER TYPE ... ADD VALUE and RENAME VALUE. */
import type { AlterEnumStmt } from 'libpg-query';
import type { NamedIn } from '../../../model/schema/schema-step.ts';
import type { Operation } from '../../../model/documents.ts';
import { literal, qualified } from '../../sql/quote.ts';
import { partNotKept, raw, type Draft, type Unit, type World } from '../draft.ts';
import { verbatim } from '../piece.ts';
import { defaultSchema, namedIn, namesOf } from '../tree.ts';

export function alterEnum(stmt: AlterEnumStmt, unit: Unit, world: World): readonly Draft[] {
  const type = namedIn(namesOf(stmt.typeName));
  const value = stmt.newVal ?? '';
  const isOwn = world.known.hasObject('type', type);
  if (stmt.oldVal !== undefined) {
    const down = `ALTER TYPE ${qualified(type)} RENAME VALUE ${literal(value)} TO ${literal(stmt.oldVal)}`;
    return [raw(unit, verbatim(unit.piece), 'there is no operation that renames a value', { down })];
  }
  const why = whyNot(type, value);
  if (why !== undefined) {
    const undo = isOwn
      ? { down: `SELECT ${literal(`${type.name} is dropped with its values`)}` }
      : { irreversible: 'PostgreSQL cannot drop a value of a type.' };
    return [raw(unit, verbatim(unit.piece), why, undo)];
  }
  if (stmt.skipIfNewValExists === true) {
    const fix = 'Remove the value from the script where a database may have it already.';
    world.note(partNotKept(unit, 'IF NOT EXISTS is not kept: the migration is refused where the value is there.', fix));
  }
  const addEnumValue: NonNullable<Operation['addEnumValue']> = { type: written(type), value };
  if (stmt.newValNeighbor !== undefined)
    addEnumValue[stmt.newValIsAfter === true ? 'after' : 'before'] = stmt.newValNeighbor;
  return [{ unit, operation: { addEnumValue } }];
}

function whyNot(type: NamedIn, value: string): string | undefined {
  if (value === '') return 'a value of a document is not empty';
  const isPlain = !type.schema.includes('.') && !type.name.includes('.');
  return isPlain && written(type).length <= 63 ? undefined : 'a document has no room for the name of this type';
}

function written({ schema, name }: NamedIn): string {
  return schema === defaultSchema ? name : `${schema}.${name}`;
}
