import { ThemisError } from '../../kernel/error.ts';
import { formatInstant, normaliseInstant } from '../../kernel/units/instant.ts';
import type { Session } from './command.ts';

/** The value of `--at`, else now; `anchored` where somebody asked for it. RFC 3339 UTC. */
export function readInstant(
  session: Session,
  text: string | undefined,
): { readonly at: string; readonly anchored: boolean } {
  if (text === undefined) return { at: formatInstant(session.clock.nowMs()), anchored: false };
  const at = normaliseInstant(text);
  if (at === undefined) throw new ThemisError('USAGE', `--at ${text} is no time such as 2026-11-21T18:00:00Z.`);
  return { at, anchored: true };
}
