/**
 * `state/node.json`: whom the node obeys (store and highest fencing token), which anchors it trusts (their digest,
 * fixed when it was made), what it is for, and below which counters it accepts nothing new.
 */
import type { Digest } from '../../kernel/digest.ts';
import { ThemisError } from '../../kernel/error.ts';
import type { NodeContext } from '../context.ts';
import { readJson, writeJsonDurably } from './durable-file.ts';

export interface NodeRecord {
  readonly formatVersion: '1.0';
  readonly store: string | null;
  readonly highestToken: number;
  readonly anchorsDigest: Digest;
  /** Of anchors that were signed for and are being put in place: until that is over both are right. */
  readonly nextAnchorsDigest?: Digest;
  /** Of the first release that was accepted; null before. What node.yaml says comes first. */
  readonly product: string | null;
  /** By package: the highest counter committed to. */
  readonly counters: Readonly<Record<string, number>>;
  /** By package: the manifest that brought that counter. No other one has it. */
  readonly newest: Readonly<Record<string, Digest>>;
  /** By product: the highest counter of an index that was believed. */
  readonly indexes: Readonly<Record<string, number>>;
  /** By manifest hash: until when the index that listed it may be believed, RFC 3339. Nothing else is installed anew. */
  readonly offers: Readonly<Record<Digest, string>>;
}

/** Those of one that an earlier version wrote, which kept less. */
const absent = { product: null, newest: {}, indexes: {}, offers: {} } as const;

export async function readRecord(context: Pick<NodeContext, 'files' | 'layout' | 'root'>): Promise<NodeRecord> {
  const record = await readJson<NodeRecord>(context.files, context.layout.record);
  if (record !== null) return { ...absent, ...record };
  const { files, layout, root } = context;
  if ((await files.lstat(layout.installed)) === null)
    throw new ThemisError('NOT_FOUND', `${root} was never initialised: ${layout.record} is missing.`, {
      hint: 'Run: themis node init',
    });
  throw new ThemisError('NOT_FOUND', `${layout.record} is lost; it says whom ${root} obeys and believes.`, {
    hint: 'Put that file back from a backup, or make the node root anew in another directory.',
  });
}

export async function writeRecord(context: NodeContext, record: NodeRecord): Promise<void> {
  await writeJsonDurably(context.files, context.layout.record, record);
}
