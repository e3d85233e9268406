import { exitCode } from '../../kernel/exit-code.ts';
import type { Session } from './command.ts';

/** undefined: go on. Otherwise the exit code, and why is said. Only `yes` is yes. */
export async function confirm(session: Session, approved: boolean, what: string): Promise<number | undefined> {
  if (approved) return undefined;
  if (session.ask === undefined) {
    session.err.write(
      `error: nobody can be asked here whether to ${what}\n` +
        'hint: run it again with --auto-approve, or apply a saved plan that was reviewed\n',
    );
    return exitCode.failed;
  }
  const answer = await session.ask(`Type yes to ${what}: `);
  if (answer.trim() === 'yes') return undefined;
  session.err.write('Nothing was changed.\n');
  return exitCode.failed;
}
