import { describe, expect, test } from 'vitest';
import { codeFrame, lineStartsOf, spanOf } from '../../../../src/kernel/document/source-text.ts';

function span(text: string, offset: number, length: number) {
  return spanOf({ path: 'x', text }, lineStartsOf(text), { offset, length });
}

describe('a span', () => {
  test('counts lines and columns from one', () => {
    expect(span('ab\ncd\n', 4, 1)).toEqual({ file: 'x', line: 2, col: 2, length: 1 });
    expect(span('ab', 0, 2)).toEqual({ file: 'x', line: 1, col: 1, length: 2 });
  });

  test('ends with its line, whatever ends the line', () => {
    expect(span('ab\ncd', 1, 4).length).toBe(1);
    expect(span('ab\r\ncd', 0, 6).length).toBe(2);
  });

  test('behind the end is on the last line', () => {
    expect(span('ab\n', 3, 5)).toEqual({ file: 'x', line: 2, col: 1, length: 1 });
  });
});

describe('a code frame', () => {
  const frame = (text: string, line: number, col: number, length = 1): string =>
    codeFrame(text, lineStartsOf(text), { file: 'x', line, col, length });

  test('shows the line between its neighbours, with a caret', () => {
    expect(frame('a: 1\nb: 22\nc: 3\nd: 4', 2, 4, 2)).toBe('  1 | a: 1\n> 2 | b: 22\n    |    ^^\n  3 | c: 3');
  });

  test('leaves out empty neighbours', () => {
    expect(frame('\nb: 2\n\n', 2, 1)).toBe('> 2 | b: 2\n    | ^');
  });

  test('keeps tabs, so that the caret stands below', () => {
    expect(frame('\tb: 2', 1, 2)).toBe('> 1 | \tb: 2\n    | \t^');
  });

  test('aligns line numbers of two lengths', () => {
    const text = Array.from({ length: 11 }, (_, index) => `k${index}`).join('\n');
    expect(frame(text, 10, 1)).toBe('   9 | k8\n> 10 | k9\n     | ^\n  11 | k10');
  });

  test('cuts a long line around the caret', () => {
    const text = `${'a'.repeat(200)}X${'b'.repeat(200)}`;
    const [line, caret] = frame(text, 1, 201).split('\n');
    expect(line!.length).toBeLessThan(115);
    expect(line![caret!.indexOf('^')]).toBe('X');
  });
});
