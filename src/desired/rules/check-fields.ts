import type { Problem } from '../problem.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { itemsAt, keyPlace, textAt, valueAt, valuePlace, type Rule } from './rule.ts';

const limits = ['p50', 'p95', 'p99'];

/** A check of a Verification has what its type needs, and a name of its own. */
export const checkFields: Rule = {
  name: 'check-fields',
  *check(world) {
    for (const verification of world.documents('Verification')) {
      const names = new Map<string, number>();
      for (const [index, check] of itemsAt(verification.value, 'spec', 'checks').entries()) {
        yield* needs(verification, index, check);
        const name = textAt(check, 'name');
        const first = name === undefined ? undefined : names.get(name);
        if (name !== undefined && first === undefined) names.set(name, index);
        if (first === undefined) continue;
        yield {
          code: 'THM1242',
          summary: `A second check is named "${name!}".`,
          fix: 'Rename or remove one of the two.',
          at: valuePlace(verification, 'spec', 'checks', index, 'name'),
          related: [{ at: valuePlace(verification, 'spec', 'checks', first, 'name'), note: 'the first one' }],
        };
      }
    }
  },
};

function* needs(verification: YamlDocument, index: number, check: unknown): Generator<Problem> {
  const type = textAt(check, 'type');
  const has = (...fields: string[]): boolean => fields.some((field) => valueAt(check, field) !== undefined);
  const at = keyPlace(verification, 'spec', 'checks', index, 'type');
  const lacks = (what: string, fix: string): Problem => ({
    code: 'THM1243',
    summary: `The ${type ?? ''} check "${textAt(check, 'name') ?? ''}" has no ${what}.`,
    fix,
    at,
  });
  switch (type) {
    case 'smoke':
      if (!has('tcp', 'http')) yield lacks('tcp or http', 'Add "tcp: { port: 8765 }" or "http: { path: /health }".');
      break;
    case 'integration':
      if (!has('http')) yield lacks('http', 'Add "http: { path: /health, status: 200 }".');
      break;
    case 'performance':
      if (!has('http')) yield lacks('http', 'Add "http: { path: /health }".');
      if (!has(...limits)) yield lacks('latency limit', 'Add p50, p95 or p99, for example "p99: 100ms".');
      break;
    case 'schema':
      if (!has('minSchemaVersion', 'maxSchemaVersion')) yield lacks('schema version', 'Add "minSchemaVersion:".');
      break;
    default:
      break;
  }
}
