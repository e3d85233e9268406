/** Tries the queries of both releases in the database itself, when expand has ended and before a node gets the release. */
import { ThemisError, toFailure } from '../../../kernel/error.ts';
import type { Failure } from '../../../kernel/outcome.ts';
import type { DatabaseSession } from '../../../ports/schema/database.ts';
import type { SchemaSettings } from '../request.ts';
import { probesAt, type Probe } from './probes-at.ts';
import { tryProbe } from './try-probe.ts';

/** For `SchemaParts.verify`. */
export function verifyLive(
  probes: readonly Probe[],
  { lockTimeoutMs, statementTimeoutMs }: SchemaSettings,
): (session: DatabaseSession) => Promise<Failure | null> {
  const surroundings = { limits: { lockTimeoutMs, statementTimeoutMs }, searchPath: null };
  return async (session) => {
    const failed: string[] = [];
    for (const { name, sql } of probesAt(probes, { kind: 'end', phase: 'expand' })) {
      const failure = await tryProbe(session, sql, surroundings);
      if (failure !== null) failed.push(`probe ${name} fails after expand: ${failure.reason} ${failure.message}`);
    }
    return failed.length === 0 ? null : toFailure(refusal(failed));
  };
}

function refusal(failed: readonly string[]): ThemisError {
  return new ThemisError('DATABASE_REFUSED', `The schema does not serve both releases: ${failed.join('; ')}.`, {
    hint: "Change the migration so that both can work with it, or say in the probe which releases send it; a probe of the Migration takes the place of a release's that has its name.",
  });
}
