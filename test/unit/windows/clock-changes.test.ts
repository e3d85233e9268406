import { describe, expect, test } from 'vitest';
import { ask, spanOf, tenant, window } from '../../support/tenants.ts';

/** The opening of a daily window that is asked for at an instant. */
function opening(text: string, from: string): string {
  return spanOf(ask({ tenants: [tenant('a', { windows: [window(text)] })], from }));
}

// Berlin, 29 March 2026: at 02:00 it is 03:00 (01:00Z).
describe('in the hour that spring skips', () => {
  const noon = '2026-03-28T12:00:00Z';
  test.each([
    ['02:30-04:00', '2026-03-29T01:00Z to 2026-03-29T02:00Z', 'opens at the change'],
    ['01:30-02:30', '2026-03-29T00:30Z to 2026-03-29T01:00Z', 'closes at the change'],
    ['02:00-03:00', '2026-03-30T00:00Z to 2026-03-30T01:00Z', 'does not exist on that day'],
    ['02:15-02:45', '2026-03-30T00:15Z to 2026-03-30T00:45Z', 'does not exist on that day'],
    ['01:00-04:00', '2026-03-29T00:00Z to 2026-03-29T02:00Z', 'is an hour shorter'],
    ['23:00-02:30', '2026-03-28T22:00Z to 2026-03-29T01:00Z', 'closes at the change, from the day before'],
    ['03:00-03:30', '2026-03-29T01:00Z to 2026-03-29T01:30Z', 'is whole after it'],
  ])('a window %s %s: %s', (text, span) => {
    expect(opening(`${text} Europe/Berlin`, noon)).toBe(span);
  });
});

// Berlin, 25 October 2026: at 03:00 it is 02:00 again (01:00Z). New York, 1 November: at 02:00 it is 01:00 again (06:00Z).
describe('in the hour that autumn repeats', () => {
  test.each([
    [
      '01:30-02:30 Europe/Berlin',
      '2026-10-24T23:30Z to 2026-10-25T00:30Z',
      'closes when it is 02:30 for the first time',
    ],
    ['02:15-02:45 Europe/Berlin', '2026-10-25T00:15Z to 2026-10-25T00:45Z', 'opens once, in the first'],
    ['02:30-03:30 Europe/Berlin', '2026-10-25T00:30Z to 2026-10-25T02:30Z', 'is an hour longer'],
    [
      '22:00-02:00 Europe/Berlin',
      '2026-10-24T20:00Z to 2026-10-25T00:00Z',
      'closes when it is 02:00 for the first time',
    ],
    ['01:00-06:00 Europe/Berlin', '2026-10-24T23:00Z to 2026-10-25T05:00Z', 'is an hour longer'],
  ])('a window %s %s: %s', (text, span) => {
    expect(opening(text, '2026-10-24T19:00:00Z')).toBe(span);
  });

  test('a window that ends after the change is one, and is not split', () => {
    expect(opening('01:30-02:30 America/New_York', '2026-11-01T05:00:00Z')).toBe(
      '2026-11-01T05:30Z to 2026-11-01T07:30Z',
    );
  });
});

test('a change of half an hour moves by half an hour', () => {
  // Lord Howe, 4 October 2026: at 02:00 it is 02:30 (15:30Z on the 3rd).
  expect(opening('02:10-03:00 Australia/Lord_Howe', '2026-10-03T12:00:00Z')).toBe(
    '2026-10-03T15:30Z to 2026-10-03T16:00Z',
  );
});

test('midnight that does not exist is the first instant of the day', () => {
  // Santiago, 6 September 2026: at 00:00 it is 01:00 (04:00Z).
  expect(opening('00:00-02:00 America/Santiago', '2026-09-05T12:00:00Z')).toBe(
    '2026-09-06T04:00Z to 2026-09-06T05:00Z',
  );
});

test('a day that a zone leaves out has no window', () => {
  // Samoa had no 30 December 2011.
  const windows = [window('10:00-12:00 Pacific/Apia', ['Friday'])];
  expect(spanOf(ask({ tenants: [tenant('a', { windows })], from: '2011-12-28T00:00:00Z' }))).toBe(
    '2012-01-05T20:00Z to 2012-01-05T22:00Z',
  );
});

test('days of a blackout are whole by the clocks of its zone', () => {
  // 28 March 2026 in Berlin begins in winter and ends in winter; the 29th has 23 hours.
  const blackouts = [{ from: '2026-03-29', to: '2026-03-29', timezone: 'Europe/Berlin', reason: undefined }];
  const at = (from: string): string => spanOf(ask({ tenants: [tenant('a', { blackouts })], from }));
  expect(at('2026-03-28T22:00:00Z')).toBe('... to 2026-03-28T23:00Z');
  expect(at('2026-03-29T00:00:00Z')).toBe('2026-03-29T22:00Z to ...');
});
