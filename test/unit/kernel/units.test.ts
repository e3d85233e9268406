import { expect, test } from 'vitest';
import { didYouMean } from '../../../src/kernel/did-you-mean.ts';
import { formatDuration, parseDuration } from '../../../src/kernel/units/duration.ts';
import { parseSelector, selects } from '../../../src/kernel/selector.ts';
import { formatSize, parseSize } from '../../../src/kernel/units/size.ts';

test.each([
  ['90s', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['1.5s', 1500],
  ['0s', 0],
  ['', undefined],
  ['90', undefined],
  ['-1s', undefined],
  ['1 h', undefined],
  ['1y', undefined],
])('duration %j is %s ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each([
  [0, '0ms'],
  [120, '120ms'],
  [45_000, '45s'],
  [3_600_000, '1h'],
  [5_400_000, '1h 30m'],
  [90_061_000, '1d 1h'],
  [3_601_000, '1h'],
])('%d ms reads %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  ['100MiB', 104_857_600],
  ['1.5GB', 1_500_000_000],
  ['512B', 512],
  ['1 KiB', 1024],
  ['1', undefined],
  ['1mb', undefined],
])('size %j is %s bytes', (text, sizeBytes) => {
  expect(parseSize(text)).toBe(sizeBytes);
});

test.each([
  [0, '0 B'],
  [1536, '1.5 KiB'],
  [126_600_000, '120.7 MiB'],
  [5 * 2 ** 40, '5 TiB'],
])('%d bytes read %s', (sizeBytes, text) => {
  expect(formatSize(sizeBytes)).toBe(text);
});

test.each([
  ['maxUnavailble', ['maxUnavailable', 'maxMinorSkew'], 'maxUnavailable'],
  ['plna', ['plan', 'apply'], 'plan'],
  ['zebra', ['plan', 'apply'], undefined],
])('%s is meant as %s', (word, candidates, meant) => {
  expect(didYouMean(word, candidates)).toBe(meant);
});

test.each([
  ['zone=eu-1', true],
  ['zone==eu-1', true],
  ['zone!=eu-1', false],
  ['zone=eu-1,tier=gold', false],
  ['zone', true],
  ['!zone', false],
  ['!spare', true],
  ['spare!=yes', true],
])('selector %s selects: %s', (text, expected) => {
  expect(selects(parseSelector(text)!, { zone: 'eu-1' })).toBe(expected);
});

test.each(['', '=x', '!zone=a', 'a b'])('%j is no selector', (text) => {
  expect(parseSelector(text)).toBeUndefined();
});
