import { isRefusal, ThemisError } from '../../kernel/error.ts';
import type { NodeReplyBody, NodeRequest } from '../../model/message.ts';
import type { NodeContext } from '../context.ts';
import { type AuditKind, writeAudit } from './audit.ts';

/** Carries a request out and notes it where trust says no, to the request or in the middle of its work. */
export async function audited(
  context: NodeContext,
  request: NodeRequest,
  work: () => Promise<NodeReplyBody>,
): Promise<NodeReplyBody> {
  if (request.kind !== 'stage' && request.kind !== 'update') return work();
  const title = request.releases.map((release) => `${release.package} ${release.version}`).join(', ');
  const note = async (code: string, message: string, reason?: string): Promise<void> => {
    const kind = kindOf(code, reason);
    // The refusal stands, noted or not: a full disk is no way around it.
    if (kind !== undefined) await writeAudit(context, kind, `${request.kind} ${title}: ${message}`).catch(() => {});
  };
  try {
    const body = await work();
    if (body.kind === 'finished' && body.result.kind === 'rolled-back') {
      await note(body.result.failure.code, body.result.failure.message);
    }
    return body;
  } catch (error) {
    if (error instanceof ThemisError) await note(error.code, error.message, error.reason);
    throw error;
  }
}

function kindOf(code: string, reason = ''): AuditKind | undefined {
  if (code === 'ANCHORS_CHANGED') return 'anchors-refused';
  if (code === 'FOREIGN_STORE' || !isRefusal({ code })) return undefined;
  if (reason.startsWith('COUNTER_')) return 'counter-refused';
  return reason.startsWith('INDEX_') ? 'index-refused' : 'release-refused';
}
