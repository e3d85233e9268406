/** The kinds and their schemas: one line each. `schemas/` is the single source for validation, editors, `explain` and types. */
import approval from '../../../schemas/approval.schema.json' with { type: 'json' };
import database from '../../../schemas/database.schema.json' with { type: 'json' };
import fleet from '../../../schemas/fleet.schema.json' with { type: 'json' };
import lock from '../../../schemas/lock.schema.json' with { type: 'json' };
import migration from '../../../schemas/migration.schema.json' with { type: 'json' };
import notification from '../../../schemas/notification.schema.json' with { type: 'json' };
import rollout from '../../../schemas/rollout.schema.json' with { type: 'json' };
import tenant from '../../../schemas/tenant.schema.json' with { type: 'json' };
import updatePolicy from '../../../schemas/update-policy.schema.json' with { type: 'json' };
import verification from '../../../schemas/verification.schema.json' with { type: 'json' };

export const apiVersion = 'themis.dev/v1';

/** The part of JSON Schema that `schemas/` use. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
  /** What a text stands for: `duration`, `version range`, ... */
  readonly 'x-themis-type'?: string;
  /** Checked and carried, but not acted on yet; `x-themis-note` says what happens instead. */
  readonly 'x-themis-experimental'?: boolean;
  readonly 'x-themis-note'?: string;
  /** Order carries no meaning: `true`, or the key that items are sorted by. */
  readonly 'x-themis-set'?: boolean | string;
}

const schemas = {
  Approval: approval,
  Database: database,
  Fleet: fleet,
  Lock: lock,
  Migration: migration,
  Notification: notification,
  Rollout: rollout,
  Tenant: tenant,
  UpdatePolicy: updatePolicy,
  Verification: verification,
} as const;

export type Kind = keyof typeof schemas;

export const kinds = Object.keys(schemas) as readonly Kind[];

export function isKind(text: unknown): text is Kind {
  return typeof text === 'string' && Object.hasOwn(schemas, text);
}

export function schemaOf(kind: Kind): Schema {
  return schemas[kind] as Schema;
}

/** Follows `$ref` inside a kind's schema; words beside the reference win over those of what it names. */
export function resolveSchema(root: Schema, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const target = root.$defs?.[$ref.slice('#/$defs/'.length)];
  if (target === undefined) throw new TypeError(`Schema reference ${$ref} names nothing.`);
  return { ...resolveSchema(root, target), ...beside };
}
