/** `themis explain verdict ID`: what the judge saw and said, and that the same comes out when it is asked again. */
import { recompute } from '../../../judge/verdict-of.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { ThemisError } from '../../../kernel/error.ts';
import { exitCode } from '../../../kernel/exit-code.ts';
import { isJsonObject, type Json } from '../../../kernel/json.ts';
import type { Verdict, VerdictSummary } from '../../../model/verdict.ts';
import type { Store } from '../../../ports/store.ts';
import { verdictTable, verdictText } from '../../../report/verdict-text.ts';
import type { Session } from '../command.ts';
import { paintFor } from '../paint.ts';
import { withFleet } from './fleet-session.ts';

const listed = 20;

/** Without an id, and for one that is not known, the latest are listed. */
export async function explainVerdict(session: Session, id: string | undefined, isJson: boolean): Promise<number> {
  return await withFleet(session, '.', async ({ store }) => {
    const { verdicts } = await store.readRecord();
    if (id === undefined) {
      session.out.write(listText(verdicts, isJson));
      return exitCode.done;
    }
    const verdict = await find(store, id, verdicts);
    if (verdict === undefined) {
      session.err.write(`error: no verdict ${id} is kept; these are the latest\n`);
      session.out.write(listText(verdicts, isJson));
      return exitCode.failed;
    }
    const differences = differencesOf(verdict);
    session.out.write(
      isJson ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict, differences, paintFor(session.out)),
    );
    if (differences.length === 0) return exitCode.done;
    if (isJson) session.err.write(`error: recomputed, it is not the same: ${differences.join(', ')}\n`);
    return exitCode.failed;
  });
}

function listText(verdicts: readonly VerdictSummary[], isJson: boolean): string {
  const latest = verdicts.slice(-listed);
  return isJson ? `${JSON.stringify(latest, null, 2)}\n` : verdictTable(latest);
}

/** The first digits are enough where only one verdict has them. */
async function find(store: Store, id: string, verdicts: readonly VerdictSummary[]): Promise<Verdict | undefined> {
  const longer = new Set(verdicts.map((one) => one.id).filter((known) => known.startsWith(id)));
  const [only = id] = longer.size === 1 ? longer : [];
  try {
    return await store.evidence.readVerdict(only);
  } catch (error) {
    if (error instanceof ThemisError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Members that differ when it is judged again; empty when the bytes are the same. */
function differencesOf(verdict: Verdict): readonly string[] {
  const again = recompute(verdict);
  if (canonicalJson(again) === canonicalJson(verdict)) return [];
  const found = [...difference(verdict as unknown as Json, again as unknown as Json, '')];
  return found.length === 0 ? ['the order of its parts'] : found.slice(0, 10);
}

function* difference(a: Json | undefined, b: Json | undefined, at: string): Generator<string> {
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      yield* difference(a[name], b[name], at === '' ? name : `${at}.${name}`);
    }
    return;
  }
  if (canonicalJson(a ?? null) !== canonicalJson(b ?? null)) yield at;
}
