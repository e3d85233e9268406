import { describe, expect, it } from 'vitest';
import { commandWords } from '../../../src/apps/cli/reading/command-words.ts';

describe('a command in an option', () => {
  it.each([
    ['kms-signer --region eu-1', ['kms-signer', '--region', 'eu-1']],
    ['  a\tb\nc ', ['a', 'b', 'c']],
    [`'a b' "c d" e\\ f`, ['a b', 'c d', 'e f']],
    [`--x='$HOME;'"\\"q\\" \\n"`, ['--x=$HOME;"q" \\n']],
    [`a '' ""`, ['a', '', '']],
    ['$(rm -rf /) `x` | y > z', ['$(rm', '-rf', '/)', '`x`', '|', 'y', '>', 'z']],
  ])('%s is its words, and no shell sees it', (text, words) => {
    expect(commandWords(text, '--signer')).toEqual(words);
  });

  it.each(['', '  ', `a 'b`, `a "b`, 'a \\'])('%j is refused', (text) => {
    expect(() => commandWords(text, '--signer')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
