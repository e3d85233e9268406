/** Addresses of what a fleet directory says, and where each is written. */
import type { SourceSpan } from '../kernel/finding.ts';
import type { Place } from './problem.ts';
import { fieldsAt, itemsAt, keyPlace, nameOf, textAt, valuePlace } from './rules/rule.ts';
import type { Kind } from './schema/schemas.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';

const addressOfKind = {
  Approval: 'approval',
  Database: 'database',
  Migration: 'migration',
  Notification: 'notification',
  Rollout: 'rollout',
  Tenant: 'tenant',
  UpdatePolicy: 'update-policy',
  Verification: 'verification',
} as const satisfies Partial<Record<Kind, string>>;

export function collectSources(
  byKind: (kind: Kind) => readonly YamlDocument[],
  span: (place: Place) => SourceSpan,
): ReadonlyMap<string, SourceSpan> {
  const sources = new Map<string, SourceSpan>();
  for (const [kind, noun] of Object.entries(addressOfKind) as [keyof typeof addressOfKind, string][]) {
    for (const document of byKind(kind)) {
      sources.set(`${noun}/${nameOf(document)!}`, span(valuePlace(document, 'metadata', 'name')));
    }
  }
  for (const migration of byKind('Migration')) {
    for (const index of itemsAt(migration.value, 'spec', 'operations').keys()) {
      const address = `migration/${nameOf(migration)!}/${index + 1}`;
      sources.set(address, span(valuePlace(migration, 'spec', 'operations', index)));
    }
  }
  const [lock] = byKind('Lock');
  if (lock !== undefined) {
    sources.set('lock', span(valuePlace(lock, 'kind')));
    for (const [index, pin] of itemsAt(lock.value, 'packages').entries()) {
      sources.set(`lock/${textAt(pin, 'package')!}`, span(valuePlace(lock, 'packages', index, 'version')));
    }
  }
  const [fleet] = byKind('Fleet');
  if (fleet === undefined) return sources;
  sources.set('fleet', span(valuePlace(fleet, 'metadata', 'name')));
  for (const [name] of fieldsAt(fleet.value, 'spec', 'packages')) {
    sources.set(`package/${name}`, span(valuePlace(fleet, 'spec', 'packages', name)));
  }
  for (const [index, node] of itemsAt(fleet.value, 'spec', 'nodes').entries()) {
    sources.set(`node/${textAt(node, 'name')!}`, span(valuePlace(fleet, 'spec', 'nodes', index, 'name')));
  }
  for (const field of ['releases', 'coordination', 'metrics']) {
    if (fieldsAt(fleet.value, 'spec', field).length > 0) sources.set(field, span(keyPlace(fleet, 'spec', field)));
  }
  const rollout = byKind('Rollout').find((document) => nameOf(document) === textAt(fleet.value, 'spec', 'rollout'));
  if (rollout === undefined) return sources;
  for (const index of itemsAt(rollout.value, 'spec', 'stages').keys()) {
    sources.set(`stage/${index + 1}`, span(valuePlace(rollout, 'spec', 'stages', index)));
  }
  for (const index of itemsAt(rollout.value, 'spec', 'gates').keys()) {
    sources.set(`gate/${index + 1}`, span(valuePlace(rollout, 'spec', 'gates', index)));
  }
  return sources;
}
