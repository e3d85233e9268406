/** What the database measures about itself, as it says it: the text of its metrics endpoint. Never throws for it. */
import type { NodeReplyBody } from '../model/message.ts';
import type { NodeContext } from './context.ts';

const timeoutMs = 5000;
export const metricsLimitBytes = 4 * 1024 * 1024;

export async function readMetrics(context: NodeContext): Promise<NodeReplyBody> {
  const endpoint = context.config.endpoints.metrics;
  const atMs = context.clock.nowMs();
  if (endpoint === undefined) return { kind: 'metrics', atMs, text: null };
  try {
    const { ok, body } = await context.endpoint.call(endpoint, timeoutMs, metricsLimitBytes);
    return { kind: 'metrics', atMs, text: ok ? body : null };
  } catch {
    return { kind: 'metrics', atMs, text: null };
  }
}
