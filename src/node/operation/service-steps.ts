/**
 * The steps that concern the running database. Each may be carried out again after a crash: draining what is drained,
 * stopping what is stopped and starting what runs change nothing.
 */
import { ThemisError } from '../../kernel/error.ts';
import type { EndpointSpec } from '../../ports/endpoint.ts';
import { probe, probeRole } from '../probe.ts';
import type { NodeContext } from '../context.ts';

const pollMs = 200;
const accepted = 202;
/** A service that is down in so many looks in a row will not come up by waiting. */
const downLimit = 5;
const upLooks = 5;

/** LEADS when this node leads although whoever asked believed otherwise. Nothing has happened then. */
export async function refuseLeader(context: NodeContext): Promise<void> {
  if ((await context.service.status()).kind === 'running' && (await probeRole(context)) === 'leader') {
    throw new ThemisError('LEADS', `${context.config.name} leads its group by now.`, {
      hint: 'Its turn comes after the other members of its group.',
    });
  }
}

/**
 * A leader hands over, and is seen to follow, before anything else happens to it. DRAIN_FAILED when nobody takes over
 * in time; `mayGoLeaderless`: there is nobody who could. Without an endpoint for it the drain has to see to that.
 */
export async function giveLeadershipAway(context: NodeContext, mayGoLeaderless: boolean): Promise<void> {
  const { transferLeadership } = context.config.endpoints;
  if (transferLeadership === undefined || (await context.service.status()).kind !== 'running') return;
  if ((await probeRole(context)) !== 'leader') return;
  const deadlineMs = context.clock.steadyMs() + context.config.drainTimeoutMs;
  try {
    const answer = await call(context, 'transferLeadership', transferLeadership, deadlineMs);
    if (!answer.ok) throw refused('transferLeadership', answer);
    await awaitFollowing(context, deadlineMs);
  } catch (error) {
    if (!mayGoLeaderless) throw error;
  }
}

async function awaitFollowing(context: NodeContext, deadlineMs: number): Promise<void> {
  for (;;) {
    const role = await probeRole(context);
    if (role === 'follower') return;
    if (context.clock.steadyMs() >= deadlineMs) {
      const seen = role === 'leader' ? 'still leads' : 'does not say that it follows';
      throw new ThemisError(
        'DRAIN_FAILED',
        `${context.config.name} ${seen} ${context.config.drainTimeoutMs} ms after it was asked to hand leadership over.`,
      );
    }
    await context.clock.sleep(pollMs);
  }
}

/** DRAIN_FAILED when the endpoint refuses or the time is over. What nobody will stop is not drained either. */
export async function drain(context: NodeContext): Promise<void> {
  const endpoint = context.config.endpoints.drain;
  if (endpoint === undefined || (await context.service.status()).kind !== 'running') return;
  const deadlineMs = context.clock.steadyMs() + context.config.drainTimeoutMs;
  for (;;) {
    const answer = await call(context, 'drain', endpoint, deadlineMs);
    if (!answer.ok) throw refused('drain', answer);
    if (endpoint.kind !== 'http' || answer.status !== accepted) return;
    if (context.clock.steadyMs() >= deadlineMs) {
      throw new ThemisError(
        'DRAIN_FAILED',
        `${context.config.name} is not drained after ${context.config.drainTimeoutMs} ms.`,
      );
    }
    await context.clock.sleep(pollMs);
  }
}

/** DRAIN_FAILED when the database does not take work again. */
export async function rejoin(context: NodeContext): Promise<void> {
  const endpoint = context.config.endpoints.rejoin;
  if (endpoint === undefined || (await context.service.status()).kind === 'stopped') return;
  const answer = await call(context, 'rejoin', endpoint, context.clock.steadyMs() + context.config.drainTimeoutMs);
  if (!answer.ok) throw refused('rejoin', answer);
}

/**
 * UNHEALTHY with what was seen last. Without a health endpoint a service is healthy that keeps running: one that ends
 * at its start does not get far.
 */
export async function awaitHealthy(context: NodeContext, timeoutMs: number): Promise<void> {
  const deadlineMs = context.clock.steadyMs() + timeoutMs;
  for (let down = 0, up = 0; ;) {
    const { health } = await probe(context);
    if (health.status === 'healthy') return;
    // Nobody can be asked for health; at least its manager must know that it runs.
    const kind = health.status === 'unknown' ? (await context.service.status()).kind : health.status;
    if (kind === 'unmanaged') return;
    const isOver = context.clock.steadyMs() >= deadlineMs;
    up = kind === 'running' ? up + 1 : 0;
    if (up >= upLooks || (up > 0 && isOver)) return;
    down = kind === 'stopped' ? down + 1 : 0;
    if (down >= downLimit || isOver) {
      const seen = kind === 'stopped' ? 'the process is gone' : (health.detail ?? health.status);
      throw new ThemisError('UNHEALTHY', `${context.config.name} does not get healthy: ${seen}.`);
    }
    await context.clock.sleep(pollMs);
  }
}

async function call(context: NodeContext, name: string, endpoint: EndpointSpec, deadlineMs: number) {
  try {
    return await context.endpoint.call(endpoint, Math.max(1, deadlineMs - context.clock.steadyMs()));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ThemisError('DRAIN_FAILED', `Endpoint ${name} of ${context.config.name}: ${reason}`, { cause: error });
  }
}

function refused(name: string, { status, body }: { readonly status: number; readonly body: string }): ThemisError {
  const said = body.trim().slice(0, 200);
  return new ThemisError('DRAIN_FAILED', `Endpoint ${name} answered ${status}${said === '' ? '' : `: ${said}`}.`);
}
