import { expect, test } from 'vitest';
import { findingsOf, goodFleet } from '../../../support/findings-of.ts';

test('a second node of the same name is named where it stands', () => {
  expect(findingsOf(goodFleet.replace('name: node-c', 'name: node-a'))).toEqual(['THM1205 x.yaml:10:15']);
});

test('two roots that are one place are found whatever their spelling', () => {
  expect(findingsOf(goodFleet.replace('./nodes/node-c', 'nodes//x/../node-a/'))).toEqual(['THM1206 x.yaml:10:51']);
});

test('two agents at one address are found', () => {
  const text = goodFleet
    .replace('local: { root: ./nodes/node-a }', 'agent: { url: https://db.example.org/ }')
    .replace('local: { root: ./nodes/node-b }', 'agent: { url: https://db.example.org }');
  expect(findingsOf(text)).toEqual(['THM1206 x.yaml:9:50']);
});

test('the same path on two hosts is fine', () => {
  const text = goodFleet
    .replace('local: { root: ./nodes/node-a }', 'ssh: { host: a, root: /var/lib/themis }')
    .replace('local: { root: ./nodes/node-b }', 'ssh: { host: b, root: /var/lib/themis }');
  expect(findingsOf(text)).toEqual([]);
});
