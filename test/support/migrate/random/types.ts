/** Types that random changes know: a value of each, and what columns of them can become. */
export interface TypeChange {
  readonly type: string;
  readonly using?: (column: string) => string;
  readonly reverseUsing?: (column: string) => string;
}

const constants: Readonly<Record<string, string>> = {
  integer: '5',
  bigint: '5',
  text: `'x'`,
  boolean: 'true',
  'numeric(6,1)': '2.5',
  'numeric(8,2)': '2.5',
  'numeric(10,2)': '2.5',
  'character varying(20)': `'x'`,
};

/** SQL; null where there is none that every column could have. */
export function constantOf(type: string): string | null {
  return constants[type] ?? null;
}

const changes: Readonly<Record<string, readonly TypeChange[]>> = {
  integer: [
    { type: 'bigint' },
    { type: 'text', using: (c) => `${c}::text`, reverseUsing: (c) => `${c}::int` },
    { type: 'bigint', using: (c) => `${c} * 2`, reverseUsing: (c) => `(${c} / 2)::int` },
  ],
  bigint: [
    { type: 'numeric' },
    { type: 'text', using: (c) => `'k' || ${c}`, reverseUsing: (c) => `substr(${c}, 2)::bigint` },
  ],
  text: [{ type: 'character varying(40)' }, { type: 'character varying(1)' }],
  'character varying(20)': [{ type: 'character varying(30)' }, { type: 'text' }, { type: 'character varying(5)' }],
  'numeric(8,2)': [{ type: 'numeric(10,2)' }, { type: 'integer' }],
  'numeric(6,1)': [{ type: 'numeric(8,2)' }],
  boolean: [{ type: 'integer', using: (c) => `${c}::int`, reverseUsing: (c) => `${c}::int::boolean` }],
  'timestamp with time zone': [{ type: 'date', using: (c) => `(${c} AT TIME ZONE 'UTC')::date` }],
};

export function typeChangesOf(type: string): readonly TypeChange[] {
  return changes[type] ?? [];
}
