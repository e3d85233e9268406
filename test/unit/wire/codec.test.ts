import { describe, expect, test } from 'vitest';
import { wireVersion } from '../../../src/model/message.ts';
import type { NodeReply, NodeRequest } from '../../../src/model/message.ts';
import {
  decodeMessage,
  decodeRequest,
  encodeMessage,
  encodeRequest,
  requestLimitBytes,
} from '../../../src/wire/codec.ts';
import { LineSplitter } from '../../../src/wire/line-splitter.ts';

const hash = `sha256:${'a'.repeat(64)}` as const;
const head = { wireVersion, node: 'node-a' };
const authority = { store: 'store-1', token: 3 };

const requests: readonly NodeRequest[] = [
  { ...head, kind: 'observe', full: true },
  {
    ...head,
    kind: 'stage',
    authority,
    releases: [
      {
        package: 'themisdb',
        version: '1.5.0-rc.1+build',
        manifestHash: hash,
        locator: { kind: 'directory', directory: '/releases', path: 'themisdb-1.5.0' },
      },
      {
        package: 'q',
        version: '1.0.0',
        manifestHash: hash,
        locator: { kind: 'http', url: 'https://h/releases', path: 'q-1' },
      },
      {
        package: 'r',
        version: '1.0.0',
        manifestHash: hash,
        locator: { kind: 'github', owner: 'o', repo: 'r.js', apiUrl: 'https://h/api/v3', path: 'v1' },
      },
    ],
  },
  {
    ...head,
    kind: 'update',
    authority,
    operation: 'op-1',
    releases: [{ package: 'themisdb', version: '1.5.0', manifestHash: hash }],
    expected: { themisdb: hash },
    restorePoint: 'rp-1',
    healthTimeoutMs: 30_000,
  },
  { ...head, kind: 'rollback', authority, operation: 'op-2', restorePoint: 'rp-1', keep: null, healthTimeoutMs: 0 },
  { ...head, kind: 'recover', authority: null },
  { ...head, kind: 'adopt', store: 'store-2' },
  { ...head, kind: 'prune', keepRestorePoints: 2, pinned: ['rp-1', hash] },
];

const failure = { code: 'UNHEALTHY', message: 'no', retry: 'human', hint: 'look' } as const;
const replies: readonly NodeReply[] = [
  { ...head, kind: 'finished', result: { kind: 'done', restorePoint: 'rp-1' } },
  { ...head, kind: 'finished', result: { kind: 'stuck', failure, cause: failure } },
  { ...head, kind: 'refused', failure },
  { ...head, kind: 'pruned', restorePoints: ['rp-1'], staged: [hash], freedBytes: 12 },
  {
    ...head,
    kind: 'observed',
    observed: {
      name: 'node-a',
      reachable: true,
      platform: 'linux',
      architecture: 'x64',
      packages: { themisdb: { version: '1.4.0', manifestHash: hash, dataSchemaVersion: 4 } },
      drift: [{ package: 'themisdb', path: 'bin/x', problem: 'mode' }],
      health: { status: 'healthy', runningVersion: '1.4.0', detail: null },
      role: 'leader',
      disk: { freeBytes: 1, totalBytes: 2 },
      memory: { freeBytes: 1, totalBytes: 2 },
      restorePoints: [{ id: 'rp-1', createdAt: '2026-01-01T00:00:00Z', packages: {}, sizeBytes: 3 }],
      staged: [hash],
      operation: { id: 'op-1', kind: 'update', state: 'running', token: 3 },
      store: 'store-1',
      highestToken: 3,
    },
  },
];

test.each(requests.map((request) => [request.kind, request] as const))(
  'request %s survives the wire',
  (_kind, request) => {
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
  },
);

test.each(replies.map((reply) => [reply.kind, reply] as const))('reply %s survives the wire', (_kind, reply) => {
  expect(decodeMessage(encodeMessage(reply))).toEqual(reply);
});

test('progress survives the wire', () => {
  const progress = { kind: 'progress', phase: 'switch', doneBytes: 1, totalBytes: 2 } as const;
  expect(decodeMessage(encodeMessage(progress))).toEqual(progress);
  const file = { path: 'bin/server', doneBytes: 1, totalBytes: 2, bytesPerSecond: 3, remainingMs: 4 };
  const staging = {
    ...progress,
    phase: 'stage',
    fetchedBytes: 1,
    reusedBytes: 0,
    bytesPerSecond: 3,
    files: [file],
  } as const;
  expect(decodeMessage(encodeMessage(staging))).toEqual(staging);
  // What a later version says besides is dropped; what a terminal would take for more than text is refused.
  expect(decodeMessage(JSON.stringify({ ...staging, later: true }))).toEqual(staging);
  const drawn = { ...staging, files: [{ ...file, path: 'bin/\u001b[2J' }] };
  expect(() => decodeMessage(JSON.stringify(drawn))).toThrow(/path/u);
});

describe('refused', () => {
  const code = (value: unknown): string => {
    try {
      decodeRequest(typeof value === 'string' ? value : JSON.stringify(value));
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const [observe, , update] = requests;

  test('another major version, before anything else is looked at', () => {
    expect(code({ wireVersion: '2.0', kind: 'something new' })).toBe('UNSUPPORTED_FORMAT');
    expect(code({ ...observe, wireVersion: 'one' })).toBe('UNSUPPORTED_FORMAT');
    expect(code({ ...observe, wireVersion: '1.7' })).toBe('accepted');
  });

  test('what is not JSON, not an object, of no known kind, or too long', () => {
    for (const value of ['{', '[]', 'null', { ...observe, kind: 'reboot' }, { ...observe, wireVersion: 1 }]) {
      expect(code(value)).toBe('MESSAGE_INVALID');
    }
    expect(code(`${JSON.stringify(observe)}${' '.repeat(requestLimitBytes)}`)).toBe('MESSAGE_INVALID');
  });

  test('a field too many, at any depth', () => {
    expect(code({ ...observe, force: true })).toBe('MESSAGE_INVALID');
    expect(code({ ...update, authority: { ...authority, anchors: [] } })).toBe('MESSAGE_INVALID');
  });

  test('a field too few, or of another type', () => {
    expect(code({ ...observe, full: 'yes' })).toBe('MESSAGE_INVALID');
    const { expected: _expected, ...rest } = update as Extract<NodeRequest, { kind: 'update' }>;
    expect(code(rest)).toBe('MESSAGE_INVALID');
    expect(code({ ...update, authority: { ...authority, token: -1 } })).toBe('MESSAGE_INVALID');
    expect(code({ ...update, expected: { themisdb: 'sha256:short' } })).toBe('MESSAGE_INVALID');
  });

  test('a source with credentials in it, or that is none', () => {
    const stage = (locator: object) => ({
      ...requests[1],
      releases: [{ package: 'q', version: '1.0.0', manifestHash: hash, locator }],
    });
    const http = { kind: 'http', url: 'https://h/releases', path: 'q-1' };
    const github = { kind: 'github', owner: 'o', repo: 'r', apiUrl: 'https://h/api/v3', path: 'q-1' };
    expect([code(stage(http)), code(stage(github))]).toEqual(['accepted', 'accepted']);
    for (const url of ['https://token@h/x', 'https://h/x?token=y', 'https://h/#x', 'file:///etc', 'https://']) {
      expect(code(stage({ ...http, url }))).toBe('MESSAGE_INVALID');
      expect(code(stage({ ...github, apiUrl: url }))).toBe('MESSAGE_INVALID');
    }
    expect(code(stage({ ...http, token: 'x' }))).toBe('MESSAGE_INVALID');
    expect(code(stage({ ...github, owner: '../o' }))).toBe('MESSAGE_INVALID');
    expect(code(stage({ ...github, repo: '..' }))).toBe('MESSAGE_INVALID');
    expect(code(stage({ kind: 'http', url: 'https://h/releases' }))).toBe('MESSAGE_INVALID');
  });

  test('ids that are no file names', () => {
    for (const id of ['../x', 'a/b', '.hidden', '', 'a\u0000b', 'x'.repeat(129)]) {
      expect(code({ ...update, operation: id })).toBe('MESSAGE_INVALID');
      expect(code({ ...update, restorePoint: id })).toBe('MESSAGE_INVALID');
    }
  });

  test('a reply of the wrong shape does not become one', () => {
    expect(() => decodeMessage(JSON.stringify({ ...head, kind: 'finished', result: { kind: 'fine' } }))).toThrow(
      /result/u,
    );
    expect(() => decodeMessage(JSON.stringify({ kind: 'progress', phase: 'dance' }))).toThrow(/phase/u);
  });
});

test('fields that a newer minor version adds to a reply are dropped', () => {
  const line = JSON.stringify({ ...replies[0], wireVersion: '1.3', mood: 'good' });
  expect(decodeMessage(line)).toEqual(replies[0]);
});

test('lines are cut wherever chunks end, and a line beyond the limit is refused', () => {
  const lines = new LineSplitter(10);
  const chunk = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(lines.push(chunk('on'))).toEqual([]);
  expect(lines.push(chunk('e\ntwo\nth'))).toEqual(['one', 'two']);
  expect(lines.push(chunk('ree ü'.slice(0, 5)))).toEqual([]);
  expect(lines.end()).toBe('three ü');
  expect(() => lines.push(chunk('12345678901'))).toThrow(/10 bytes/u);
});
