import { parseDesired } from '../../src/desired/parse.ts';
import type { Desired } from '../../src/model/desired.ts';

/** A Fleet that is right in every way, as documents to put others beside. */
export const goodFleet = `apiVersion: themis.dev/v1
kind: Fleet
metadata: { name: orders, uid: 0b5c7f1e }
spec:
  packages: { themisdb: "1.5.0" }
  releases: { directory: ./releases }
  nodes:
    - { name: node-a, transport: { local: { root: ./nodes/node-a } } }
    - { name: node-b, transport: { local: { root: ./nodes/node-b } } }
    - { name: node-c, transport: { local: { root: ./nodes/node-c } } }
`;

/** A document of a kind with the spec that follows, whose first line is line 5. */
export function document(kind: string, name: string, spec: string): string {
  return `apiVersion: themis.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n${indent(spec)}`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n');
}

/** `THM1205 x.yaml:12:13` for each finding, in order; warnings and notes carry their severity. */
export function findingsOf(files: Readonly<Record<string, string>> | string): readonly string[] {
  const texts = typeof files === 'string' ? { 'x.yaml': files } : files;
  const { findings } = parseDesired(Object.entries(texts).map(([path, text]) => ({ path, text })));
  return findings.map(({ severity, code, source }) => {
    const place = source === undefined ? '' : ` ${source.file}:${source.line}:${source.col}`;
    return `${severity === 'error' ? '' : `${severity} `}${code}${place}`;
  });
}

/** With a good Fleet in a file of its own. */
export function findingsBeside(text: string): readonly string[] {
  return findingsOf({ 'fleet.yaml': goodFleet, 'x.yaml': text });
}

export function desiredOf(...texts: readonly string[]): Desired {
  const { desired, findings } = parseDesired(texts.map((text, index) => ({ path: `${index}.yaml`, text })));
  if (desired === undefined) throw new Error(`Not valid: ${JSON.stringify(findings, null, 2)}`);
  return desired;
}
