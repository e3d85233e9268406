import { expect, test } from 'vitest';
import { document, findingsBeside } from '../../../support/findings-of.ts';

function window(fields: string): readonly string[] {
  return findingsBeside(document('Tenant', 't', `windows: [{ ${fields} }]`));
}

function blackout(fields: string): readonly string[] {
  return findingsBeside(document('Tenant', 't', `blackouts: [{ ${fields} }]`));
}

test('a window that closes when it opens is found', () => {
  expect(window('from: "02:00", to: "02:00", timezone: UTC')).toEqual(['THM1240 x.yaml:5:34']);
});

test('a blackout that ends before it starts is found', () => {
  expect(blackout('from: 2027-01-02, to: 2026-12-20')).toEqual(['THM1241 x.yaml:5:39']);
  expect(blackout('from: "2026-12-20T08:00:00Z", to: "2026-12-20T09:00:00+02:00"')).toEqual(['THM1241 x.yaml:5:51']);
});

test.each(['from: 2026-12-20, to: 2026-12-20', 'from: "2026-12-20T08:00:00+02:00", to: "2026-12-20T08:00:00Z"'])(
  'a blackout { %s } is fine',
  (fields) => {
    expect(blackout(fields)).toEqual([]);
  },
);

test('windows past midnight and of a whole day are fine', () => {
  expect(window('from: "22:00", to: "04:00", timezone: Europe/Berlin')).toEqual([]);
  expect(window('from: "00:00", to: "24:00", timezone: UTC')).toEqual([]);
});
