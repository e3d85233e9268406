import type { Problem } from '../problem.ts';
import { isDateOrInstant } from '../schema/formats.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { itemsAt, textAt, valuePlace, type Rule } from './rule.ts';

/** Windows last, and blackouts end after they start. */
export const tenantTimes: Rule = {
  name: 'tenant-times',
  *check(world) {
    for (const tenant of world.documents('Tenant')) {
      yield* windows(tenant);
      yield* blackouts(tenant);
    }
  },
};

function* windows(tenant: YamlDocument): Generator<Problem> {
  for (const [index, window] of itemsAt(tenant.value, 'spec', 'windows').entries()) {
    const from = textAt(window, 'from');
    if (from === undefined || from !== textAt(window, 'to')) continue;
    yield {
      code: 'THM1240',
      summary: `The window from ${from} to ${from} has no length.`,
      fix: 'For a whole day write from: "00:00" and to: "24:00".',
      at: valuePlace(tenant, 'spec', 'windows', index, 'to'),
    };
  }
}

function* blackouts(tenant: YamlDocument): Generator<Problem> {
  for (const [index, blackout] of itemsAt(tenant.value, 'spec', 'blackouts').entries()) {
    const from = textAt(blackout, 'from');
    const to = textAt(blackout, 'to');
    if (from === undefined || to === undefined || !isDateOrInstant(from) || !isDateOrInstant(to)) continue;
    if (!endsBefore(from, to)) continue;
    yield {
      code: 'THM1241',
      summary: `The blackout ends, on ${to}, before it starts, on ${from}.`,
      fix: 'Swap the two, or correct the year.',
      at: valuePlace(tenant, 'spec', 'blackouts', index, 'to'),
      related: [{ at: valuePlace(tenant, 'spec', 'blackouts', index, 'from'), note: 'the start' }],
    };
  }
}

/** Days compare as text, and the last one is included. Instants compare as instants, an instant of no length is over at once. */
function endsBefore(from: string, to: string): boolean {
  if (from.includes('T') && to.includes('T')) {
    return Temporal.Instant.compare(Temporal.Instant.from(from), Temporal.Instant.from(to)) >= 0;
  }
  return to.slice(0, 10) < from.slice(0, 10);
}
