import { describe, expect, test } from 'vitest';
import { isDeepStrictEqual } from 'node:util';
import { kinds, schemaOf, type Kind, type Schema } from '../../../../src/desired/schema/schemas.ts';
import { findingsOf } from '../../../support/findings-of.ts';

/** Every map of a schema, with the way to it. */
function maps(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}),
    ...Object.entries(schema.$defs ?? {}),
    ...(schema.items === undefined ? [] : [['[]', schema.items] as const]),
  ];
  return [
    ...(schema.properties === undefined ? [] : [[path, schema] as const]),
    ...inner.flatMap(([name, child]) => maps(child, `${path}.${name}`)),
  ];
}

describe.each(kinds)('%s', (kind) => {
  const root = schemaOf(kind);

  test('every map knows its fields and refuses others', () => {
    expect(maps(root, kind).filter(([, schema]) => schema.additionalProperties !== false)).toEqual([]);
  });

  test('every field has a description', () => {
    const silent = maps(root, kind).flatMap(([path, { properties }]) =>
      Object.entries(properties!)
        .filter(([, field]) => (field.description ?? definition(root, field)?.description ?? '') === '')
        .map(([name]) => `${path}.${name}`),
    );
    expect(silent).toEqual([]);
  });

  test('every required field exists', () => {
    const missing = maps(root, kind).flatMap(([path, { properties, required }]) =>
      (required ?? []).filter((name) => !Object.hasOwn(properties!, name)).map((name) => `${path}.${name}`),
    );
    expect(missing).toEqual([]);
  });

  test('its example is valid by itself', () => {
    const codes = (root.examples ?? []).map((example) => findingsOf(JSON.stringify(example)));
    // An example of one document refers to others, and most kinds need a Fleet beside them.
    const references = /^THM12(?:01|1[0-5])/u;
    expect(codes.flat().filter((code) => !references.test(code))).toEqual([]);
    expect(codes).not.toEqual([]);
  });
});

function definition(root: Schema, field: Schema): Schema | undefined {
  return field.$ref === undefined ? undefined : root.$defs?.[field.$ref.slice('#/$defs/'.length)];
}

test('a definition means the same in every kind', () => {
  const seen = new Map<string, { readonly kind: Kind; readonly schema: Schema }>();
  for (const kind of kinds) {
    for (const [name, schema] of Object.entries(schemaOf(kind).$defs ?? {})) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, { kind, schema });
      else expect([kind, name, isDeepStrictEqual(schema, first.schema)]).toEqual([kind, name, true]);
    }
  }
});
