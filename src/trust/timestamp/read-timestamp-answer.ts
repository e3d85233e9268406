/** TimeStampResp (RFC 3161 2.4.2): the token, or why there is none. The token is not judged here. */
import { fieldsOf, membersOf } from '../der/fields.ts';
import { readDer } from '../der/read-der.ts';
import { tags } from '../der/tags.ts';
import { readSmall } from '../der/values.ts';

export type TimestampAnswer =
  | { readonly kind: 'granted'; readonly token: Uint8Array }
  | { readonly kind: 'rejected'; readonly status: number; readonly detail: string };

const granted: ReadonlySet<number> = new Set([0, 1]);

/** Throws refusals `DER_*` where it is not encoded as it should be. */
export function readTimestampAnswer(bytes: Uint8Array): TimestampAnswer {
  const fields = fieldsOf(readDer(bytes), 'The answer of the timestamp authority');
  const info = fieldsOf(fields.take(tags.sequence), 'The status of the answer');
  const status = readSmall(info.take(tags.integer), 'The status of the answer');
  const words = info.optional(tags.sequence);
  info.optional(tags.bitString);
  info.end();
  const token = fields.optional(tags.sequence);
  fields.end();
  if (granted.has(status) && token !== undefined) return { kind: 'granted', token: token.bytes };
  const detail =
    words === undefined ? '' : membersOf(words, 'The words of the answer', tags.sequence).map(textOf).join(' ');
  return { kind: 'rejected', status, detail };
}

/** For people; control characters would rewrite the terminal that shows it. */
function textOf({ content }: { content: Uint8Array }): string {
  return new TextDecoder().decode(content.subarray(0, 512)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
