/**
 * One simulated node: what it has installed, whether it runs, and its operations, which go on over the simulated
 * clock whether or not somebody waits for them. It keeps the promises of a real node: idempotent by operation id,
 * fenced by token, one operation at a time, rolls itself back.
 */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import type { ErrorCode } from '../../../kernel/error.ts';
import { ThemisError, toFailure } from '../../../kernel/error.ts';
import { formatInstant } from '../../../kernel/units/instant.ts';
import type { Failure } from '../../../kernel/outcome.ts';
import type { NodePhase } from '../../../model/event.ts';
import type {
  Authority,
  ExpectedState,
  NodeProgress,
  NodeRequestBody,
  OperationResult,
} from '../../../model/message.ts';
import type {
  FileDrift,
  InstalledPackage,
  ReachableNode,
  Replication,
  RestorePointSummary,
  Role,
} from '../../../model/observed.ts';
import type { SimulatedClock } from '../../clock/simulated.ts';

export type Packages = Readonly<Record<string, InstalledPackage>>;

/** What lies on a node. */
export interface SimulatedState {
  readonly packages: Packages;
  readonly drift: readonly FileDrift[];
}

interface KeptState {
  readonly summary: RestorePointSummary;
  readonly drift: readonly FileDrift[];
}

/** What an operation does at its node, as faults see it. */
export type Fault = 'none' | 'unhealthy' | 'stuck' | 'interrupted';

export interface SimulatedWorld {
  readonly clock: SimulatedClock;
  readonly nowMs: () => number;
  readonly phaseMs: (phase: NodePhase, node: SimulatedNode) => number;
  /** Decided once per operation. */
  readonly fault: (node: SimulatedNode, target: Packages, kind: 'update' | 'rollback') => Fault;
  /** Another member takes over; false when none can. Asked again until it is seen to. */
  readonly handOver: (node: SimulatedNode) => boolean;
  /** What the node says of its group; undefined: nothing. */
  readonly replication: (node: SimulatedNode) => Replication | undefined;
  /** Called after every change: the cluster may have to elect. */
  readonly changed: (node: SimulatedNode, what: NodeChange) => void;
}

export type NodeChange =
  | { readonly kind: 'drain' | 'start' | 'crash' | 'installed'; readonly operation: string | null }
  | { readonly kind: 'stop'; readonly operation: string };

export type OperationBody = Extract<NodeRequestBody, { kind: 'update' | 'rollback' }>;

interface Operation {
  readonly id: string;
  readonly body: OperationBody;
  readonly acceptedAtMs: number;
  result: OperationResult | null;
  state: 'running' | 'interrupted';
  readonly ended: Promise<OperationResult>;
  wake: () => void;
  /** Callers that wait: their connection goes when the node's process dies. */
  readonly callers: Set<(error: ThemisError) => void>;
  readonly listeners: Set<(progress: NodeProgress) => void>;
}

const phases = [
  'preflight',
  'restore-point',
  'prepare',
  'drain',
  'stop',
  'switch',
  'start',
  'health',
  'rejoin',
] as const;
const handOverMs = 500;
const handOverTries = 50;

export class SimulatedNode {
  readonly name: string;
  readonly cluster: string;
  packages: Packages;
  /** Gone with the switch of its package; a restore point keeps the drifted files too. */
  drift: readonly FileDrift[];
  up: boolean;
  role: Role = 'follower';
  leadsSinceMs = -Infinity;
  ledUntilMs = -Infinity;
  /** What it said when it was last looked at. */
  toldRole: Role = 'unknown';
  /** When it first said again that it does not lead. */
  toldItLedUntilMs = -Infinity;
  /** Whether it led when the last operation came to drain it, before it handed over. */
  ledBeforeDrain = false;
  downSinceMs = -Infinity;
  /** Whether it was down before the operation in hand came. */
  wasDown = false;
  /** Since when neither its peers nor a controller hear of it; null: they do. */
  cutOffSinceMs: number | null = null;
  highestToken = 0;
  open: Operation | null = null;
  /** Stops of the service, by operation. */
  readonly stops = new Map<string, number>();
  readonly operations = new Map<string, Operation>();
  readonly #world: SimulatedWorld;
  readonly #staged = new Set<string>();
  readonly #restorePoints = new Map<string, KeptState>();
  #store: string | null = null;

  constructor(name: string, cluster: string, has: SimulatedState, world: SimulatedWorld) {
    const { packages, drift } = has;
    this.name = name;
    this.cluster = cluster;
    this.packages = packages;
    this.drift = drift;
    this.up = !isBare(packages);
    this.#world = world;
  }

  observed(): ReachableNode {
    const version = Object.values(this.packages)[0]?.version ?? null;
    const open = this.open;
    const replication = this.up ? this.#world.replication(this) : undefined;
    const role = this.up ? this.role : 'unknown';
    if (this.toldRole === 'leader' && role !== 'leader') this.toldItLedUntilMs = this.#world.nowMs();
    this.toldRole = role;
    return {
      name: this.name,
      reachable: true,
      platform: 'linux',
      architecture: 'x64',
      packages: this.packages,
      drift: this.drift,
      health: { status: this.up ? 'healthy' : 'stopped', runningVersion: this.up ? version : null, detail: null },
      role,
      ...(replication === undefined ? {} : { replication }),
      disk: { freeBytes: 1e12, totalBytes: 2e12 },
      memory: { freeBytes: 1e9, totalBytes: 2e9 },
      restorePoints: [...this.#restorePoints.values()].map(({ summary }) => summary).reverse(),
      staged: [],
      operation:
        open === null
          ? null
          : { id: open.id, kind: open.body.kind, state: open.state, token: open.body.authority.token },
      store: this.#store,
      highestToken: this.highestToken,
    };
  }

  /** undefined: allowed. */
  refuses(authority: Authority | null): Failure | undefined {
    if (authority === null) return undefined;
    if (this.#store !== null && this.#store !== authority.store) return failure('FOREIGN_STORE', 'another store');
    if (authority.token < this.highestToken) return failure('FENCED', `token ${authority.token} is too low`);
    this.#store = authority.store;
    this.highestToken = authority.token;
    return undefined;
  }

  stage(hashes: readonly string[]): void {
    for (const hash of hashes) this.#staged.add(hash);
  }

  /** Accepts an operation, or joins the one with the same id. A failure: refused before any effect. */
  operate(
    body: OperationBody,
    onProgress: ((progress: NodeProgress) => void) | undefined,
  ): Promise<OperationResult> | Failure {
    const known = this.operations.get(body.operation);
    if (known !== undefined) {
      if (onProgress !== undefined && known.result === null) known.listeners.add(onProgress);
      known.wake();
      return waitFor(known);
    }
    const refused = this.refuses(body.authority) ?? this.#refusesBody(body);
    if (refused !== undefined) return refused;
    const ended = Promise.withResolvers<OperationResult>();
    const operation: Operation = {
      id: body.operation,
      body,
      acceptedAtMs: this.#world.nowMs(),
      result: null,
      state: 'running',
      ended: ended.promise,
      wake: () => {},
      callers: new Set(),
      listeners: new Set(onProgress === undefined ? [] : [onProgress]),
    };
    this.operations.set(operation.id, operation);
    this.open = operation;
    this.wasDown = !this.up;
    void this.#carryOut(operation, ended.resolve);
    return waitFor(operation);
  }

  recover(): Promise<OperationResult> {
    if (this.open === null) return Promise.resolve({ kind: 'unchanged' });
    this.open.wake();
    return this.open.ended;
  }

  crash(): void {
    if (!this.up || this.open !== null) return;
    this.#setUp(false);
    this.#world.changed(this, { kind: 'crash', operation: null });
  }

  comeBack(): void {
    if (this.up || this.open !== null) return;
    this.#setUp(true);
    this.#world.changed(this, { kind: 'start', operation: null });
  }

  #refusesBody(body: OperationBody): Failure | undefined {
    if (this.open?.result?.kind === 'stuck') return this.open.result.failure;
    if (this.open !== null) return failure('ALREADY_IN_PROGRESS', `${this.open.id} is running`);
    if (this.#mustNotLead(body)) return failure('LEADS', `${this.name} leads`);
    if (body.kind === 'rollback') {
      if (this.#restorePoints.has(body.restorePoint)) return undefined;
      return failure('RESTORE_POINT_MISSING', `no restore point ${body.restorePoint}`);
    }
    if (!sameState(this.packages, body.expected)) return failure('UNEXPECTED_STATE', `${this.name} has something else`);
    const missing = body.releases.find((one) => !this.#staged.has(one.manifestHash));
    return missing === undefined ? undefined : failure('NOT_STAGED', `${missing.version} is not staged`);
  }

  async #carryOut(operation: Operation, end: (result: OperationResult) => void): Promise<void> {
    const { body, id } = operation;
    const before = { packages: this.packages, drift: this.drift };
    const target = this.#targetOf(body);
    const fault = this.#world.fault(this, target.packages, body.kind);
    for (const phase of phases) {
      if (fault === 'interrupted' && phase === 'switch') await this.#interrupt(operation);
      if (phase === 'drain') {
        const refused = await this.#giveLeadershipAway(body);
        if (refused !== undefined) {
          // It may be asked for again: nothing has happened.
          this.operations.delete(id);
          operation.result = { kind: 'rolled-back', failure: refused };
          this.open = null;
          forget(operation);
          end(operation.result);
          return;
        }
      }
      await this.#phase(operation, phase);
      if (phase === 'restore-point') this.#keep(body, before);
      if (phase === 'drain') this.#world.changed(this, { kind: 'drain', operation: id });
      if (phase === 'stop') this.#stopService(id);
      if (phase === 'switch') this.#install(target, id);
      if (phase === 'start' && fault !== 'stuck') this.#start(id);
      if (phase === 'health' && (fault === 'unhealthy' || fault === 'stuck')) break;
    }
    if (fault === 'unhealthy') {
      await this.#phase(operation, 'roll-back');
      this.#setUp(false);
      this.#install(before, id);
      this.#start(id);
      const cause = failure('UNHEALTHY', `${this.name} did not become healthy`);
      operation.result = { kind: 'rolled-back', failure: cause };
    } else if (fault === 'stuck') {
      const cause = failure('UNHEALTHY', `${this.name} did not become healthy`);
      operation.result = { kind: 'stuck', failure: failure('ROLLBACK_INCOMPLETE', `${this.name} is stuck`), cause };
    } else {
      await this.#phase(operation, 'commit');
      operation.result = { kind: 'done', restorePoint: body.kind === 'update' ? body.restorePoint : body.keep };
    }
    if (fault === 'stuck') operation.state = 'interrupted';
    else this.open = null;
    forget(operation);
    end(operation.result);
  }

  #mustNotLead(body: OperationBody): boolean {
    return body.unlessLeading === true && this.up && this.role === 'leader';
  }

  /** A failure before any effect, or undefined. */
  async #giveLeadershipAway(body: OperationBody): Promise<Failure | undefined> {
    if (this.#mustNotLead(body)) return failure('LEADS', `${this.name} leads`);
    this.ledBeforeDrain = this.up && this.role === 'leader';
    for (let tries = 0; this.up && this.role === 'leader'; tries += 1) {
      if (!this.#world.handOver(this) && body.mayGoLeaderless === true) return undefined;
      if (tries === handOverTries) return failure('DRAIN_FAILED', `nobody takes over from ${this.name}`);
      await this.#world.clock.sleep(handOverMs);
    }
    return undefined;
  }

  async #phase(operation: Operation, phase: NodePhase): Promise<void> {
    for (const tell of operation.listeners) tell({ kind: 'progress', phase });
    await this.#world.clock.sleep(this.#world.phaseMs(phase, this));
  }

  /** The node's own process died in the middle: nothing goes on until somebody recovers it. */
  async #interrupt(operation: Operation): Promise<void> {
    operation.state = 'interrupted';
    const gone = new ThemisError('UNREACHABLE', `the connection to ${this.name} was lost`);
    for (const drop of operation.callers) drop(gone);
    operation.callers.clear();
    operation.listeners.clear();
    await new Promise<void>((resolve) => {
      operation.wake = resolve;
    });
    operation.state = 'running';
    operation.wake = () => {};
  }

  #keep(body: OperationBody, { packages, drift }: SimulatedState): void {
    const id = body.kind === 'update' ? body.restorePoint : body.keep;
    if (id === null) return;
    const summary = { id, packages, createdAt: formatInstant(this.#world.nowMs()), sizeBytes: 1 };
    this.#restorePoints.set(id, { summary, drift });
  }

  #targetOf(body: OperationBody): SimulatedState {
    if (body.kind === 'rollback') {
      const { summary, drift } = this.#restorePoints.get(body.restorePoint)!;
      return { packages: summary.packages, drift };
    }
    const target: Record<string, InstalledPackage> = { ...this.packages };
    for (const { package: name, version, manifestHash } of body.releases) {
      target[name] = { version, manifestHash, dataSchemaVersion: 1 };
    }
    const switched = new Set(body.releases.map((one) => one.package));
    return { packages: target, drift: this.drift.filter((file) => !switched.has(file.package)) };
  }

  #stopService(operation: string): void {
    this.stops.set(operation, (this.stops.get(operation) ?? 0) + 1);
    this.#world.changed(this, { kind: 'stop', operation });
    this.#setUp(false);
  }

  #install({ packages, drift }: SimulatedState, operation: string): void {
    this.packages = packages;
    this.drift = drift;
    this.#world.changed(this, { kind: 'installed', operation });
  }

  /** Without a package there is nothing to start. */
  #start(operation: string): void {
    if (isBare(this.packages)) return;
    this.#setUp(true);
    this.#world.changed(this, { kind: 'start', operation });
  }

  #setUp(up: boolean): void {
    if (this.up === up) return;
    this.up = up;
    if (!up) this.downSinceMs = this.#world.nowMs();
  }
}

/** Whoever listened may have to hold a whole run in memory; it is over. */
function forget({ listeners, callers }: Operation): void {
  listeners.clear();
  callers.clear();
}

function waitFor(operation: Operation): Promise<OperationResult> {
  if (operation.result !== null) return operation.ended;
  return new Promise((resolve, reject) => {
    operation.callers.add(reject);
    void operation.ended.then(resolve);
  });
}

function isBare(packages: Packages): boolean {
  return Object.keys(packages).length === 0;
}

function sameState(packages: Packages, expected: ExpectedState): boolean {
  const hashes = Object.fromEntries(Object.entries(packages).map(([name, one]) => [name, one.manifestHash]));
  return canonicalJson(hashes) === canonicalJson(expected);
}

function failure(code: ErrorCode, message: string): Failure {
  return toFailure(new ThemisError(code, message));
}
