import { expect, test } from 'vitest';
import { findingsBeside } from '../../../support/findings-of.ts';

function pins(...names: readonly string[]): readonly string[] {
  const hash = `sha256:${'0'.repeat(64)}`;
  const lines = names.map(
    (name) => `  - { package: ${name}, version: "1.5.0", manifestHash: "${hash}", platform: linux, architecture: x64 }`,
  );
  return findingsBeside(`apiVersion: themis.dev/v1\nkind: Lock\npackages:\n${lines.join('\n')}\n`);
}

test('a platform is pinned once', () => {
  expect(pins('themisdb', 'themisdb')).toEqual(['THM1305 x.yaml:5:16']);
});

test('one pin for each package is fine, also of one that the Fleet does not list but may need', () => {
  expect(pins('themisdb', 'base')).toEqual([]);
});
