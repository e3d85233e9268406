/** Statements that have operations, one line each; what is not here is left out with a word, or kept as it is. */
import type { Node } from 'libpg-query';
import type { Draft, Unit, World } from '../draft.ts';
import { fieldsOf } from '../tree.ts';
import { alterEnum } from './enum-value.ts';
import { alterTable } from './alter-table.ts';
import { comment } from './comment.ts';
import { createIndex } from './create-index.ts';
import { createOther } from './create-other.ts';
import { createTable } from './create-table.ts';
import { drop } from './drop.ts';
import { everythingElse } from './everything-else.ts';
import { sayLeftOut } from './left-out.ts';
import { rename, setSchema } from './rename.ts';

type Statement = Node extends infer Each ? (Each extends object ? keyof Each : never) : never;
type Convert = (fields: never, unit: Unit, world: World) => readonly Draft[];

const statements: { readonly [Kind in Statement]?: Convert } = {
  CreateStmt: createTable,
  AlterTableStmt: alterTable,
  IndexStmt: createIndex,
  DropStmt: drop,
  RenameStmt: rename,
  AlterObjectSchemaStmt: setSchema,
  AlterEnumStmt: alterEnum,
  CommentStmt: comment,
};

export function convertStatement(unit: Unit, world: World): readonly Draft[] {
  const { kind, fields } = fieldsOf(unit.node);
  const convert = statements[kind as Statement];
  if (convert !== undefined) return convert(fields as never, unit, world);
  return sayLeftOut(unit, world) ?? createOther(unit, world) ?? everythingElse(unit, world);
}
