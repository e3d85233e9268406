/**
 * The hash of a flat manifest as ThemisDB's own module computes it: it reads the text into its structures and hashes what
 * it would write of them. So members it does not know are not covered, absent ones count as empty, and a file says its
 * signature, permissions, address and metadata only where they are not. Keys stand sorted by their UTF-8, without spaces.
 * A number in `metadata` that has a fraction or an exponent may be written otherwise there; no manifest is known to have one.
 */
import { digestBytes, hexOf } from '../../kernel/digest.ts';
import { compareText } from '../../kernel/finding.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';

/** Bare hex. */
export function flatHashOf(flat: JsonObject): string {
  const { files, dependencies } = flat;
  const covered = {
    ...pick(flat, ['version', 'tag_name', 'release_notes', 'build_commit', 'build_date', 'compiler_version'], ''),
    ...pick(flat, ['min_upgrade_from'], ''),
    is_critical: flat['is_critical'] ?? false,
    files: Array.isArray(files) ? files.filter(isJsonObject).map(flatFileOf) : [],
    dependencies: Array.isArray(dependencies) ? dependencies : [],
    schema_version: flat['schema_version'] ?? 1,
  };
  return hexOf(digestBytes(utf8(dump(covered))));
}

/** A file as that module writes it. */
export function flatFileOf(file: JsonObject): JsonObject {
  const optional = ['file_signature', 'permissions', 'download_url', 'metadata'].filter((name) => !isEmpty(file[name]));
  return {
    ...pick(file, ['path', 'type', 'sha256_hash', 'platform', 'architecture'], ''),
    size_bytes: file['size_bytes'] ?? 0,
    ...pick(file, optional, ''),
  };
}

function pick(object: JsonObject, names: readonly string[], otherwise: Json): JsonObject {
  return Object.fromEntries(names.map((name) => [name, object[name] ?? otherwise]));
}

function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function dump(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((each: Json) => dump(each)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .map(([key, member]) => ({ at: utf8(key).toHex(), text: `${JSON.stringify(key)}:${dump(member ?? null)}` }))
    .sort((a, b) => compareText(a.at, b.at));
  return `{${members.map(({ text }) => text).join(',')}}`;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
