/** What a rollback left in databases, and what of it is offered to be taken back. */
import { expect, test } from 'vitest';
import { undoOffers } from '../../../../src/apps/cli/databases/undo-offer.ts';
import { emptyRecord } from '../../../../src/model/rollout-record.ts';
import { observedNode, release, unreachableNode } from '../../../support/fleet-fixture.ts';
import { applied, desiredMigration, expandOnly, observedDatabase } from '../../../support/schema-fixture.ts';

const old = observedNode('node-a', [release('themisdb', '1.4.2')]);
const newer = observedNode('node-b', [release('themisdb', '1.5.0')]);
const base = desiredMigration('base', 4, { release: null, operations: expandOnly });
const phone = desiredMigration('phone', 5);
const mail = desiredMigration('mail', 6, { operations: expandOnly });
const three = [applied(base, 'expand'), applied(phone, 'migrate'), applied(mail, 'expand')];
const asked = (nodes: (typeof old | ReturnType<typeof unreachableNode>)[], list: readonly (typeof three)[number][]) =>
  undoOffers(
    { migrations: [base, phone, mail] },
    { nodes, databases: [observedDatabase(6, { applied: list })] },
    emptyRecord,
  );

test('the oldest of those that no node needs is offered, and with it all after it', () => {
  const offers = asked([old], three);
  expect(offers).toEqual([expect.stringContaining('themis migrate undo --database orders --migration phone')]);
});

test.each([
  ['while a node has the release', [old, newer], three],
  ['while a node does not answer', [old, unreachableNode('node-b')], three],
  ['where nothing belongs to a release', [old], three.slice(0, 1)],
  ['where it cannot come back', [old], [applied(phone, 'contract')]],
])('nothing is offered %s', (_, nodes, list) => {
  expect(asked([...nodes], list)).toEqual([]);
});
