/** `themis explain KIND[.path]`: what a kind or a field is, from its schema and nothing else. */
import { didYouMean } from '../../kernel/did-you-mean.ts';
import { isKind, kinds, resolveSchema, schemaOf, type Kind, type Schema } from './schemas.ts';

export interface ExplainPage {
  readonly kind: Kind;
  /** `Rollout.spec.stages`. */
  readonly address: string;
  /** `duration`, `list of maps`, `map`, `map of version ranges`. */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly default?: unknown;
  /** Allowed values, where they are listed. */
  readonly allowed?: readonly unknown[];
  /** Limits of numbers, lists and maps: `1 to 65535`. */
  readonly limits?: string;
  /** Set where the field is not acted on yet; says what happens instead. */
  readonly experimental?: string;
  readonly examples: readonly unknown[];
  readonly children: readonly ExplainChild[];
}

export interface ExplainChild {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly experimental: boolean;
  readonly description: string;
}

export type Explained =
  | { readonly kind: 'page'; readonly page: ExplainPage }
  /** `at` is the part that is not known, `choices` what could stand there. */
  | {
      readonly kind: 'unknown';
      readonly at: string;
      readonly below: string;
      readonly near: string | undefined;
      readonly choices: readonly string[];
    };

/**
 * `query` as typed: `Rollout`, `rollout.spec.stages.bake`; list indexes may be written (`stages[0]`) and are ignored, and
 * `spec` may be left out.
 */
export function explain(query: string): Explained {
  const [first = '', ...parts] = query
    .replaceAll(/\[\d*\]/gu, '')
    .split('.')
    .filter((part) => part !== '');
  const kind = kinds.find((name) => name.toLowerCase() === first.toLowerCase().replaceAll('-', ''));
  if (kind === undefined || !isKind(kind)) {
    return { kind: 'unknown', at: first, below: '', near: didYouMean(first, kinds), choices: kinds };
  }
  const root = schemaOf(kind);
  let schema: Schema = root;
  let required = true;
  const address: string[] = [kind];
  for (const part of withSpec(root, parts)) {
    const inside = mapOf(root, schema);
    const fields = Object.keys(inside.properties ?? {});
    const field =
      fields.find((name) => name === part) ?? fields.find((name) => name.toLowerCase() === part.toLowerCase());
    if (field === undefined) {
      const near = didYouMean(part, fields);
      return { kind: 'unknown', at: part, below: address.join('.'), near, choices: fields };
    }
    required = inside.required?.includes(field) ?? false;
    schema = resolveSchema(root, inside.properties![field]!);
    address.push(field);
  }
  return { kind: 'page', page: pageOf(kind, root, schema, address.join('.'), required) };
}

/** What people think of is in `spec`. */
function withSpec(root: Schema, parts: readonly string[]): readonly string[] {
  const spec = root.properties?.['spec'];
  const isIn = (schema: Schema): boolean =>
    Object.keys(schema.properties ?? {}).some((name) => name.toLowerCase() === parts[0]?.toLowerCase());
  return spec === undefined || isIn(root) || !isIn(resolveSchema(root, spec)) ? parts : ['spec', ...parts];
}

/** The map whose fields stand below: of a list its items, of a free map its values. */
function mapOf(root: Schema, schema: Schema): Schema {
  if (schema.properties !== undefined) return schema;
  if (schema.items !== undefined) return mapOf(root, resolveSchema(root, schema.items));
  if (typeof schema.additionalProperties === 'object')
    return mapOf(root, resolveSchema(root, schema.additionalProperties));
  return schema;
}

function pageOf(kind: Kind, root: Schema, schema: Schema, address: string, required: boolean): ExplainPage {
  const inside = mapOf(root, schema);
  const item = schema.items === undefined ? undefined : resolveSchema(root, schema.items);
  const allowed = schema.enum ?? item?.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const limits = limitsOf(schema);
  return {
    kind,
    address,
    type: typeOf(root, schema),
    description: schema.description ?? '',
    required,
    ...(schema.default === undefined ? {} : { default: schema.default }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(limits === undefined ? {} : { limits }),
    ...(schema['x-themis-experimental'] === true ? { experimental: schema['x-themis-note'] ?? '' } : {}),
    examples: schema.examples ?? [],
    children: Object.entries(inside.properties ?? {}).map(([name, unresolved]) => {
      const child = resolveSchema(root, unresolved);
      return {
        name,
        type: typeOf(root, child),
        required: inside.required?.includes(name) ?? false,
        experimental: child['x-themis-experimental'] === true,
        description: child.description ?? '',
      };
    }),
  };
}

function typeOf(root: Schema, schema: Schema): string {
  if (schema['x-themis-type'] !== undefined && schema['x-themis-type'] !== 'limit') return schema['x-themis-type'];
  if (schema.const !== undefined) return typeof schema.const === 'string' ? 'text' : typeof schema.const;
  const types = [schema.type ?? 'string'].flat();
  if (types.length > 1) return types.map((type) => plainType(type)).join(' or ');
  if (schema.items !== undefined) return `list of ${plural(typeOf(root, resolveSchema(root, schema.items)))}`;
  if (typeof schema.additionalProperties === 'object') {
    return `map of ${plural(typeOf(root, resolveSchema(root, schema.additionalProperties)))}`;
  }
  return plainType(types[0]!);
}

function plainType(type: string): string {
  const plain: Readonly<Record<string, string>> = {
    string: 'text',
    object: 'map',
    array: 'list',
    integer: 'whole number',
  };
  return plain[type] ?? type;
}

function plural(type: string): string {
  return /(?:text|s)$/u.test(type) ? type : `${type}s`;
}

function limitsOf(schema: Schema): string | undefined {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  if (low !== undefined || schema.maximum !== undefined) {
    const from = schema.exclusiveMinimum === undefined ? `${low ?? ''}` : `above ${low!}`;
    if (schema.maximum === undefined) return `${from} or more`;
    return low === undefined ? `up to ${schema.maximum}` : `${from} to ${schema.maximum}`;
  }
  if (schema.maxProperties === 1) return 'exactly one of its fields';
  if (schema.oneOf !== undefined)
    return `exactly one of ${schema.oneOf.flatMap(({ required }) => required).join(', ')}`;
  if ((schema.minItems ?? schema.minProperties ?? 0) > 0) return 'not empty';
  return undefined;
}
