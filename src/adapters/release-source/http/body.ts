/**
 * The bytes of an answer, counted: never more than the limit, and an end that comes too early is an error, not an end.
 * The connection is given back when whoever reads stops, and when nobody ever begins.
 */
import { pipeline, Transform } from 'node:stream';
import { ThemisError } from '../../../kernel/error.ts';
import type { HttpAnswer } from './client.ts';
import { createDecoder, type Coding } from './codings.ts';
import { connectionFailure, nameOf } from './failures.ts';

export interface BodyPlan {
  /** To undo; the sizes below are those of the file, not of what travels. */
  readonly coding: Coding | null;
  /** What the answer holds; null: whatever comes until it ends. */
  readonly expectedBytes: number | null;
  /** The file goes on where the answer ends. */
  readonly isPart: boolean;
  /** How much may be handed out, and how large the whole is allowed to be, for the message. */
  readonly limitBytes: number;
  readonly limitOfFile: number;
  readonly signal?: AbortSignal | undefined;
}

/** What an encoding may add to bytes that it cannot make smaller: an eighth is more than any does. */
const codingSlackBytes = 64 * 1024;

/** `unreadMs`: how long the first read may be in coming before the connection is given up. */
export function openBody(answer: HttpAnswer, plan: BodyPlan, unreadMs: number): AsyncIterable<Uint8Array> {
  const watch = setTimeout(() => {
    answer.body.destroy(new ThemisError('TIMEOUT', `${nameOf(answer.url)} was opened and not read.`));
  }, unreadMs).unref();
  return readBody(answer, plan, watch);
}

async function* readBody(answer: HttpAnswer, plan: BodyPlan, watch: NodeJS.Timeout): AsyncGenerator<Uint8Array> {
  clearTimeout(watch);
  const { url, body } = answer;
  let position = 0;
  try {
    const stream = plan.coding === null ? body : decoded(answer, plan.coding, plan.limitBytes);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const rest = plan.limitBytes - position;
      if (rest > 0) yield chunk.subarray(0, rest);
      position += chunk.length;
      if (position > plan.limitBytes) throw tooLong(url, plan.limitOfFile);
    }
  } catch (error) {
    throw bodyFailure(error, answer, plan);
  }
  if (plan.expectedBytes !== null && position !== plan.expectedBytes) {
    throw new ThemisError('UNREACHABLE', `${nameOf(url)} sent ${position} bytes instead of ${plan.expectedBytes}.`);
  }
  if (plan.isPart) throw new ThemisError('UNREACHABLE', `${nameOf(url)} sent only a part of what is left.`);
}

function bodyFailure(error: unknown, { url, body }: HttpAnswer, { coding, signal }: BodyPlan): ThemisError {
  const isOfConnection = body.errored !== null || error instanceof ThemisError || signal?.aborted === true;
  if (coding === null || isOfConnection) return connectionFailure(error, url, signal);
  return new ThemisError('IO', `${nameOf(url)} arrived damaged: its ${coding} cannot be undone.`, { cause: error });
}

/** Bounded before the decoder as well: there are encodings of nothing that never end. */
function decoded({ url, body }: HttpAnswer, coding: Coding, limitBytes: number): Transform {
  let travelled = 0;
  const most = limitBytes + limitBytes / 8 + codingSlackBytes;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      travelled += chunk.length;
      done(travelled > most ? tooLong(url, limitBytes) : null, chunk);
    },
  });
  const decoder = createDecoder(coding);
  pipeline(body, counter, decoder, () => {});
  return decoder;
}

function tooLong(url: URL, limitBytes: number): ThemisError {
  return new ThemisError('IO', `${nameOf(url)} has more than ${limitBytes} bytes.`);
}
