/**
 * What the running database says about itself. Never throws: not answering is an answer. A health endpoint may say
 * as little as a status code, or JSON with status, role, version and how its group is replicated.
 */
import { ThemisError } from '../kernel/error.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { Health, Replication, Role } from '../model/observed.ts';
import type { EndpointSpec } from '../ports/endpoint.ts';
import type { NodeContext } from './context.ts';

const timeoutMs = 5_000;
const shownDetail = 200;

export interface Probe {
  readonly health: Health;
  readonly role: Role;
  /** Absent where the database says nothing of it. */
  readonly replication?: Replication;
}

export async function probe(context: NodeContext): Promise<Probe> {
  const status = await context.service.status().catch((error: unknown) => ({ kind: 'failed' as const, error }));
  if (status.kind === 'stopped') return { health: health('stopped'), role: 'unknown' };
  const endpoint = context.config.endpoints.health;
  if (endpoint === undefined) {
    const detail = status.kind === 'failed' ? messageOf(status.error) : 'node.yaml names no health endpoint';
    return { health: health('unknown', null, detail), role: await askRole(context, undefined) };
  }
  try {
    const answer = await context.endpoint.call(endpoint, timeoutMs);
    const body = parse(answer.body);
    const said = body['status'];
    const version = typeof body['version'] === 'string' ? body['version'].slice(0, shownDetail) : null;
    const healthy = answer.ok && (said === undefined || said === 'healthy');
    const detail = healthy
      ? null
      : `${typeof said === 'string' ? said.slice(0, shownDetail) : 'answered'} (${answer.status})`;
    const replication = replicationOf(body);
    return {
      health: health(healthy ? 'healthy' : 'unhealthy', version, detail),
      role: await askRole(context, body),
      ...(replication === undefined ? {} : { replication }),
    };
  } catch (error) {
    return { health: health('unhealthy', null, messageOf(error)), role: 'unknown' };
  }
}

/** Who leads, asked alone: the role endpoint where there is one, else health. Never throws. */
export async function probeRole(context: NodeContext): Promise<Role> {
  return context.config.endpoints.role === undefined ? (await probe(context)).role : askRole(context, undefined);
}

/** The role endpoint where there is one, else what the health answer says. */
async function askRole(context: NodeContext, answer: JsonObject | undefined): Promise<Role> {
  const endpoint: EndpointSpec | undefined = context.config.endpoints.role;
  if (endpoint === undefined) return roleOf(answer?.['role']);
  try {
    const { ok, body } = await context.endpoint.call(endpoint, timeoutMs);
    return ok ? roleOf(parse(body)['role'] ?? body.trim()) : 'unknown';
  } catch {
    return 'unknown';
  }
}

function roleOf(value: unknown): Role {
  return value === 'leader' || value === 'follower' ? value : 'unknown';
}

function replicationOf(body: JsonObject): Replication | undefined {
  const lagMs = countOf(body['replicationLagMs']);
  const underReplicatedGroups = countOf(body['underReplicatedGroups']);
  const membersUp = countOf(body['membersUp']);
  if (lagMs === null && underReplicatedGroups === null && membersUp === null) return undefined;
  return { lagMs, underReplicatedGroups, membersUp };
}

/** Rounded up: half a group is a group that lacks something. Anything but a number from 0 on says nothing. */
function countOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(Math.ceil(value)) ? Math.ceil(value) : null;
}

function parse(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function health(status: Health['status'], runningVersion: string | null = null, detail: string | null = null): Health {
  return { status, runningVersion, detail };
}

function messageOf(error: unknown): string {
  return error instanceof ThemisError ? error.message : String(error);
}
