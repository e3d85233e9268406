/**
 * One node with everything around it in memory: disk, service, endpoints, release source. The world survives Themis:
 * `handler()` is a new process each time, with or without a fuse.
 */
import { readFileSync } from 'node:fs';
import { FakeEndpoint } from '../../../src/adapters/endpoint/fake.ts';
import { MemoryFileSystem } from '../../../src/adapters/file-system/memory.ts';
import { createFakeMachine } from '../../../src/adapters/machine/fake.ts';
import { FakeService } from '../../../src/adapters/service-control/fake.ts';
import { wireVersion } from '../../../src/model/message.ts';
import type {
  ExpectedState,
  NodeReply,
  NodeReplyBody,
  NodeRequest,
  NodeRequestBody,
  OperationResult,
} from '../../../src/model/message.ts';
import type { ReachableNode } from '../../../src/model/observed.ts';
import type { NodeDocument } from '../../../src/node/config/node-config.ts';
import type { NodeDeps } from '../../../src/node/deps.ts';
import { handleNodeRequest } from '../../../src/node/handle-request.ts';
import type { NodeHandler } from '../../../src/node/handle-request.ts';
import { initNode } from '../../../src/node/init.ts';
import type { FileSystem } from '../../../src/ports/file-system.ts';
import type { ReleaseSource } from '../../../src/ports/release-source.ts';
import { FakeClock } from './fake-clock.ts';
import { Fuse, fusedEndpoint, fusedFileSystem, fusedService } from './fuse.ts';
import { memoryDownloads } from './memory-downloads.ts';
import {
  acceptingDelta,
  acceptingIndex,
  acceptingRotation,
  acceptingVerification,
  makeRelease,
  memorySource,
} from './releases.ts';
import type { TestRelease } from './releases.ts';
import { listTree, treeDigest } from './tree-digest.ts';

export const nodeSchema = JSON.parse(
  readFileSync(new URL('../../../schemas/node.schema.json', import.meta.url), 'utf8'),
) as object;

const address = 'http://127.0.0.1:8765';
export const anchors = new TextEncoder().encode('{"anchors":[]}');
export const authority = { store: 'store-1', token: 5 };

export const nodeDocument: NodeDocument = {
  apiVersion: 'themis.dev/v1',
  kind: 'Node',
  name: 'node-a',
  service: { manager: 'supervised', command: ['./bin/server'] },
  endpoints: {
    health: { url: `${address}/health` },
    drain: { url: `${address}/drain` },
    rejoin: { url: `${address}/rejoin` },
  },
};

export const oldRelease = makeRelease({
  version: '1.4.0',
  files: {
    'bin/server': ['server 1.4', '0755'],
    'etc/server.conf': 'port = 8765',
    'lib/gone/old.so': ['old library', '0555'],
    'share/same.txt': 'the same in both',
    turned: 'a file that becomes a directory',
  },
});
export const newRelease = makeRelease({
  version: '1.5.0',
  files: {
    'bin/server': ['server 1.5', '0755'],
    'etc/server.conf': ['port = 8765', '0600'],
    'lib/fresh/new.so': ['new library', '0555'],
    'share/same.txt': 'the same in both',
    'turned/inside.txt': 'now a directory',
  },
});

export class NodeWorld {
  readonly files: FileSystem;
  readonly service = new FakeService();
  readonly endpoint = new FakeEndpoint();
  readonly clock = new FakeClock();
  readonly root: string;
  readonly sources = new Map<string, Uint8Array>();
  downloads = memoryDownloads();
  /** Where it fetches from: all that is offered, unless a test says otherwise. */
  source: (fuse: Fuse) => ReleaseSource = () => memorySource(this.sources);
  drained = false;
  /** What the health endpoint says while the service runs. */
  health: () => { ok?: boolean; body?: string } = () => ({ body: '{"status":"healthy","role":"follower"}' });
  #operations = 0;

  constructor(files: FileSystem = new MemoryFileSystem(), root = '/node') {
    this.files = files;
    this.root = root;
    for (const release of [oldRelease, newRelease]) this.offer(release);
    const whileRunning = (answer: () => { ok?: boolean; body?: string }) => () => {
      if (!this.service.running) throw new Error('connection refused');
      return answer();
    };
    this.endpoint.answer(
      `GET ${address}/health`,
      whileRunning(() => this.health()),
    );
    this.endpoint.answer(
      `POST ${address}/drain`,
      whileRunning(() => ((this.drained = true), {})),
    );
    this.endpoint.answer(
      `POST ${address}/rejoin`,
      whileRunning(() => ((this.drained = false), {})),
    );
  }

  offer(release: TestRelease): void {
    for (const [path, bytes] of release.files) this.sources.set(path, bytes);
  }

  deps(fuse = new Fuse()): NodeDeps {
    return {
      root: this.root,
      files: fusedFileSystem(this.files, fuse),
      clock: this.clock,
      random: () => 0.5,
      machine: createFakeMachine(),
      endpoint: fusedEndpoint(this.endpoint, fuse),
      serviceControl: () => fusedService(this.service, fuse),
      openSource: () => this.source(fuse),
      verifyIndex: acceptingIndex(this.sources),
      verifyRelease: acceptingVerification,
      verifyDelta: acceptingDelta,
      verifyRotation: acceptingRotation,
      takeList: () => ({ ok: true, issuer: null, covered: [] }),
      checkTrust: () => undefined,
      downloads: this.downloads,
      schema: nodeSchema,
    };
  }

  handler(fuse?: Fuse): NodeHandler {
    return handleNodeRequest(this.deps(fuse));
  }

  async init(document: NodeDocument = nodeDocument): Promise<void> {
    await initNode(this.deps(), { document, anchors });
  }

  async ask(body: NodeRequestBody, fuse?: Fuse): Promise<NodeReply> {
    return this.handler(fuse)(requestOf(body));
  }

  /** The operation's result; a refusal fails the test with its code. */
  async result(body: NodeRequestBody): Promise<OperationResult> {
    const reply = await this.ask(body);
    if (reply.kind !== 'finished') throw new Error(`not finished: ${JSON.stringify(reply)}`);
    return reply.result;
  }

  /** The code of a refusal, or what came instead. */
  async refusal(body: NodeRequestBody): Promise<string> {
    const reply: NodeReplyBody = await this.ask(body);
    return reply.kind === 'refused' ? reply.failure.code : JSON.stringify(reply);
  }

  async observe(full = false): Promise<ReachableNode> {
    const reply = await this.ask({ kind: 'observe', full });
    if (reply.kind !== 'observed') throw new Error(`not observed: ${JSON.stringify(reply)}`);
    return reply.observed;
  }

  /** The installed tree, leftovers of an operation included. */
  async tree(): Promise<string> {
    return treeDigest(this.files, `${this.root}/install`);
  }

  /** The installed tree as the service would see it. */
  async served(): Promise<string> {
    return treeDigest(this.files, `${this.root}/install`, ['.themis']);
  }

  async install(release: TestRelease, expected: ExpectedState = {}): Promise<OperationResult> {
    await this.result({ kind: 'stage', authority, releases: [release.staged] });
    return this.result(this.updateTo(release, expected));
  }

  updateTo(
    release: TestRelease,
    expected: ExpectedState = {},
    more: Partial<Extract<NodeRequestBody, { kind: 'update' }>> = {},
  ): NodeRequestBody {
    this.#operations += 1;
    const operation = `operation-${this.#operations}`;
    return {
      kind: 'update',
      authority,
      operation,
      releases: [release.wanted],
      expected,
      restorePoint: `before-${release.manifest.version}`,
      healthTimeoutMs: 2000,
      ...more,
    };
  }

  /** A node that runs 1.4.0, with 1.5.0 staged. */
  static async ready(files?: FileSystem, root?: string): Promise<NodeWorld> {
    const world = new NodeWorld(files, root);
    await world.init();
    await world.install(oldRelease);
    await world.result({ kind: 'stage', authority, releases: [newRelease.staged] });
    world.service.starts = 0;
    return world;
  }
}

export const atOld: ExpectedState = { themisdb: oldRelease.manifest.manifestHash };
export const atNew: ExpectedState = { themisdb: newRelease.manifest.manifestHash };

/** All but what a refusal may leave: its line in the audit trail, and that a newer index was seen. */
export async function restOf(world: NodeWorld): Promise<Record<string, string>> {
  const tree = Object.entries(await listTree(world.files, world.root));
  return Object.fromEntries(tree.filter(([path]) => path !== 'state/audit.jsonl' && path !== 'state/node.json'));
}

export function requestOf(body: NodeRequestBody): NodeRequest {
  return { wireVersion, node: 'node-a', ...body };
}
