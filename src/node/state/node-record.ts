/**
 * `state/node.json`: whom the node obeys (store and highest fencing token), which anchors it trusts (their digest,
 * fixed when it was made), and the counter floor of each package.
 */
import { digestBytes } from '../../kernel/digest.ts';
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { NodeContext } from '../context.ts';
import { readJson, writeJsonDurably } from './durable-file.ts';

export interface NodeRecord {
  readonly formatVersion: '1.0';
  readonly store: string | null;
  readonly highestToken: number;
  readonly anchorsDigest: Digest;
  /** By package: the highest counter committed to. */
  readonly counters: Readonly<Record<string, number>>;
}

export async function readRecord(context: Pick<NodeContext, 'files' | 'layout' | 'root'>): Promise<NodeRecord> {
  const record = await readJson<NodeRecord>(context.files, context.layout.record);
  if (record !== null) return record;
  throw new ThemisError('NOT_FOUND', `${context.root} was never initialised: ${context.layout.record} is missing.`, {
    hint: 'Run: themis node init',
  });
}

export async function writeRecord(context: NodeContext, record: NodeRecord): Promise<void> {
  await writeJsonDurably(context.files, context.layout.record, record);
}

/** The anchors' bytes, if they are still those of the day the node was made. ANCHORS_CHANGED otherwise. */
export async function readAnchors(context: NodeContext, record: NodeRecord): Promise<Uint8Array> {
  const path = context.layout.anchors;
  const stat = await context.files.lstat(path);
  if (stat?.kind !== 'file') {
    throw new ThemisError('ANCHORS_CHANGED', `The trust anchors ${path} are gone.`, { hint: anchorsHint });
  }
  const bytes = await context.files.readFile(path);
  if (digestBytes(bytes) === record.anchorsDigest) return bytes;
  throw new ThemisError('ANCHORS_CHANGED', `The trust anchors ${path} are not those fixed when the node was made.`, {
    hint: anchorsHint,
  });
}

const anchorsHint = 'Put the original file back, or make the node root anew with: themis node init';
