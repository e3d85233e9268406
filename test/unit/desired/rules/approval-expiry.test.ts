import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

const target = `sha256:${'0'.repeat(64)}`;

function approval(subject: string, more = ''): readonly string[] {
  return findingsBeside(
    document('Approval', 'a', `for: { ${subject}, target: "${target}" }\nby: ops\nreason: test${more}`),
  );
}

test('an emergency that never expires is found', () => {
  expect(approval('emergency: true')).toEqual(['THM1245 x.yaml:5:10']);
});

test('an emergency that expires, and other approvals that do not, are fine', () => {
  expect(approval('emergency: true', '\nexpiresAt: 2026-12-01T00:00:00Z')).toEqual([]);
  expect(approval('stage: 1')).toEqual([]);
});
