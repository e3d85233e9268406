/**
 * What a server or a connection to it complains about, as the codes of the port: by the SQLSTATE (PostgreSQL, appendix
 * A), which both engines send. What has none is about the connection. The message is the server's, with what it says
 * about table and constraint; never the parameters, a whole row or the URL.
 */
import { type ErrorCode, ThemisError } from '../../kernel/error.ts';

/** By SQLSTATE or its class; the longer one wins. */
const codes: Readonly<Record<string, ErrorCode>> = {
  '08': 'UNREACHABLE',
  '23': 'DATABASE_CONFLICT',
  '25P03': 'UNREACHABLE',
  '25P04': 'TIMEOUT',
  '28': 'UNREACHABLE',
  '40001': 'DATABASE_LOCKED',
  '40002': 'DATABASE_CONFLICT',
  '40003': 'UNREACHABLE',
  '40P01': 'DATABASE_LOCKED',
  '44': 'DATABASE_CONFLICT',
  '53': 'IO',
  '53100': 'NO_SPACE',
  '53300': 'UNREACHABLE',
  '53400': 'DATABASE_REFUSED',
  '55006': 'DATABASE_LOCKED',
  '55P03': 'DATABASE_LOCKED',
  '57': 'UNREACHABLE',
  '57014': 'CANCELLED',
  '58': 'IO',
  XX: 'IO',
};

/** Their detail is the whole row; the message names column or constraint already. */
const detailsAreRows: ReadonlySet<string> = new Set(['23502', '23514', '44000']);

/** As pg and the wire have it; what of it is there depends on the error. */
interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly constraint?: string;
}

/** `timedOut`: the statement had the time it was given, so that its cancellation is that limit. */
export function toDatabaseError(error: unknown, timedOut = false): ThemisError {
  if (error instanceof ThemisError) return error;
  if (!isServerError(error)) {
    const why = error instanceof Error ? error.message || codeOf(error) : String(error);
    return new ThemisError('UNREACHABLE', `the connection to the database failed: ${why}`, {
      cause: error,
      reason: '08006',
    });
  }
  const { code: reason, hint } = error;
  const code = reason === '57014' && timedOut ? 'TIMEOUT' : codeOfState(reason);
  return new ThemisError(code, messageOf(error), { cause: error, reason, ...(hint === undefined ? {} : { hint }) });
}

/** Whatever keeps a session from beginning: nothing was asked of the database yet. */
export function toConnectError(error: unknown): ThemisError {
  const found = toDatabaseError(error);
  if (found.code !== 'DATABASE_REFUSED' && found.code !== 'DATABASE_CONFLICT') return found;
  const { message, reason = '08001', hint } = found;
  return new ThemisError('UNREACHABLE', message, { cause: error, reason, ...(hint === undefined ? {} : { hint }) });
}

function codeOfState(state: string): ErrorCode {
  return codes[state] ?? codes[state.slice(0, 2)] ?? 'DATABASE_REFUSED';
}

function messageOf({ code, message, detail, position, schema, table, constraint }: ServerError): string {
  const at = code.startsWith('42') && position !== undefined ? ` (at character ${position})` : '';
  const more = detail === undefined || detailsAreRows.has(code) ? '' : `: ${detail.replace(/\.$/u, '')}`;
  const said = `${message}${at}${more}`;
  const named = [
    ...(table === undefined ? [] : [`table ${schema === undefined ? '' : `${schema}.`}${table}`]),
    ...(constraint === undefined || said.includes(constraint) ? [] : [`constraint ${constraint}`]),
  ];
  return named.length === 0 ? said : `${said} (${named.join(', ')})`;
}

function isServerError(error: unknown): error is ServerError {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return false;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/u.test(error.code);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
