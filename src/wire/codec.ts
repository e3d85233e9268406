/**
 * Messages as lines of JSON (NDJSON): one request, any number of progress lines, one reply. A line that is too
 * long, not JSON, of another major version or of another shape never becomes a message.
 */
import { ThemisError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';
import { wireVersion } from '../model/message.ts';
import type { NodeMessage, NodeRequest } from '../model/message.ts';
import { readMessage } from './read-message.ts';
import { nodeMessage } from './reply.ts';
import { nodeRequest } from './request.ts';

/** Bytes of one line, its end not counted. Replies list drift and restore points, requests only releases. */
export const requestLimitBytes = 1024 * 1024;
export const messageLimitBytes = 32 * 1024 * 1024;

const encoder = new TextEncoder();

/** With its line end. */
export function encodeRequest(request: NodeRequest): string {
  return encodeLine(request, requestLimitBytes);
}

export function encodeMessage(message: NodeMessage): string {
  return encodeLine(message, messageLimitBytes);
}

/** Throws MESSAGE_INVALID, or UNSUPPORTED_FORMAT for another major version. */
export function decodeRequest(line: string): NodeRequest {
  return readMessage(nodeRequest, sameMajor(parseLine(line, requestLimitBytes)), 'request');
}

export function decodeMessage(line: string): NodeMessage {
  const value = parseLine(line, messageLimitBytes);
  // Progress is of the version of the reply it announces.
  return readMessage(
    nodeMessage,
    isJsonObject(value) && value['kind'] === 'progress' ? value : sameMajor(value),
    'message',
  );
}

function encodeLine(value: object, limitBytes: number): string {
  const line = JSON.stringify(value);
  const { length } = encoder.encode(line);
  if (length > limitBytes) {
    throw new ThemisError('MESSAGE_INVALID', `Message of ${length} bytes; the limit is ${limitBytes}.`);
  }
  return `${line}\n`;
}

function parseLine(line: string, limitBytes: number): unknown {
  if (line.length > limitBytes) {
    throw new ThemisError('MESSAGE_INVALID', `Message of more than ${limitBytes} bytes.`);
  }
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ThemisError('MESSAGE_INVALID', 'Message is not JSON.', { cause: error });
  }
}

/** A message of another minor version passes as one of ours; the shapes decide what of it is understood. */
function sameMajor(value: unknown): unknown {
  if (!isJsonObject(value) || typeof value['wireVersion'] !== 'string') {
    throw new ThemisError('MESSAGE_INVALID', 'Message names no wireVersion.');
  }
  const given = value['wireVersion'];
  if (!/^\d+\.\d+$/u.test(given) || given.split('.')[0] !== wireVersion.split('.')[0]) {
    throw new ThemisError('UNSUPPORTED_FORMAT', `Message of version ${given}; this Themis speaks ${wireVersion}.`, {
      hint: 'Install the same major version of Themis on both sides.',
    });
  }
  return { ...value, wireVersion };
}
