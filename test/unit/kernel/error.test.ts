import { expect, test } from 'vitest';
import { exitCodeOf, fromFailure, retryOf, ThemisError, toFailure } from '../../../src/kernel/error.ts';
import { compareFindings, hasErrors, type Finding } from '../../../src/kernel/finding.ts';

test('an error survives the journal', () => {
  const failure = toFailure(new ThemisError('ALREADY_IN_PROGRESS', 'node-a is being updated', { hint: 'wait' }));
  expect(failure).toEqual({
    code: 'ALREADY_IN_PROGRESS',
    message: 'node-a is being updated',
    retry: 'backoff',
    hint: 'wait',
  });
  const error = fromFailure(failure);
  expect([error.code, error.message, error.hint]).toEqual(['ALREADY_IN_PROGRESS', 'node-a is being updated', 'wait']);
});

test('a foreign error is a bug', () => {
  expect(toFailure(new TypeError('x is undefined'))).toEqual({
    code: 'BUG',
    message: 'x is undefined',
    retry: 'never',
  });
  expect(toFailure('text').code).toBe('BUG');
  expect(fromFailure({ code: 'FROM_A_LATER_VERSION', message: 'm', retry: 'never' }).code).toBe('BUG');
});

test('codes carry the exit code of the command', () => {
  expect([
    exitCodeOf('ALREADY_IN_PROGRESS'),
    exitCodeOf('STALE_PLAN'),
    exitCodeOf('SIGNATURE_INVALID'),
    exitCodeOf('BUG'),
  ]).toEqual([5, 8, 4, 70]);
  expect(retryOf('UNREACHABLE')).toBe('backoff');
});

test('findings sort by place, then severity, and those without a place come last', () => {
  const at = (line: number): Finding['source'] => ({ file: 'a.yaml', line, col: 1 });
  const list: Finding[] = [
    { severity: 'error', code: 'THM3001', summary: 'nowhere' },
    { severity: 'warning', code: 'THM1002', summary: 'w', source: at(2)! },
    { severity: 'error', code: 'THM1003', summary: 'e', source: at(2)! },
    { severity: 'error', code: 'THM1001', summary: 'e', source: at(1)! },
  ];
  expect(list.sort(compareFindings).map((finding) => finding.code)).toEqual([
    'THM1001',
    'THM1003',
    'THM1002',
    'THM3001',
  ]);
  expect(hasErrors(list)).toBe(true);
  expect(hasErrors([list[2]!])).toBe(false);
});
