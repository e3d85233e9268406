/**
 * A signer that is a program of its own: a cloud KMS tool, or Themis's own for PKCS#11. The protocol is in
 * docs/exec-signer.md. One process a request, started without a shell, in a session of its own so that all of it can be
 * ended; it gets one line, its stdin is closed after its answer, and what it writes to stderr goes to the log. Nothing is
 * asked twice: a signer that counts wrong PINs must not be made to count.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { type ErrorCode, ThemisError } from '../../kernel/error.ts';
import { hashOfAlgorithm, type SigningAlgorithm } from '../../model/signing.ts';
import type { Signer } from '../../ports/signer.ts';
import { LineSplitter } from '../../wire/line-splitter.ts';
import {
  decodeSignerAnswer,
  encodeSignerLine,
  type SignerAnswer,
  signerLineLimitBytes,
  type SignerRequest,
  signerVersion,
} from '../../wire/signer-message.ts';
import { algorithmOfKey, parseChain } from './signer-files.ts';

export interface ExecSignerSpec {
  /** Program and arguments; nothing secret. */
  readonly command: readonly string[];
  /** Where it runs: relative paths start here. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For each answer. */
  readonly timeoutMs: number;
  /** A line of its stderr, cleaned of control characters. */
  readonly onLog: (line: string) => void;
}

const endingMs = 2000;
const logLineLimit = 2000;
const logLinesLimit = 1000;

/** Asks the program what it signs with. Throws as the port says. */
export async function openExecSigner(spec: ExecSignerSpec): Promise<Signer> {
  const described = await ask(spec, { signerVersion, id: 1, kind: 'describe' });
  if (described.kind !== 'description') throw misbehaved(spec, `answered describe with a ${described.kind}`);
  const { algorithm } = described;
  const chain = parseChain(described.certificates, `The answer of ${nameOf(spec)}`);
  checkFits(spec, chain[0]!, algorithm);
  return {
    chain: chain.map((certificate) => certificate.raw),
    algorithm,
    async sign(bytes) {
      const hash = hashOfAlgorithm[algorithm];
      const answered = await ask(spec, {
        signerVersion,
        id: 2,
        kind: 'sign',
        algorithm,
        bytes: bytes.toBase64(),
        hash,
        digest: hash === null ? null : createHash(hash).update(bytes).digest('base64'),
      });
      if (answered.kind !== 'signature') throw misbehaved(spec, `answered sign with a ${answered.kind}`);
      return Uint8Array.fromBase64(answered.signature);
    },
  };
}

function checkFits(spec: ExecSignerSpec, certificate: X509Certificate, algorithm: SigningAlgorithm): void {
  if (algorithmOfKey(certificate.publicKey, algorithm === 'rsa-pss-sha256') === algorithm) return;
  throw new ThemisError(
    'POLICY_REFUSED',
    `${nameOf(spec)} signs with ${algorithm}, which the key of its first certificate cannot verify.`,
    { hint: 'Let it give the certificate of its signing key first.' },
  );
}

async function ask(spec: ExecSignerSpec, request: SignerRequest): Promise<SignerAnswer> {
  const answer = await exchange(spec, request);
  // 0: it could not read the request, and so not its id either.
  if (answer.kind === 'error' && (answer.id === request.id || answer.id === 0)) throw toError(spec, answer);
  if (answer.id !== request.id) throw misbehaved(spec, 'answered another request than it was sent');
  return answer;
}

function exchange(spec: ExecSignerSpec, request: SignerRequest): Promise<SignerAnswer> {
  return new Promise((resolve, reject) => {
    const [program = '', ...rest] = spec.command;
    const child = spawn(program, rest, {
      cwd: spec.directory,
      env: spec.environment,
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let settled = false;
    const settle = (end: () => void, kill: boolean): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (kill) killGroup(child);
      else letEnd(child);
      end();
    };
    const fail = (error: unknown): void => settle(() => reject(asError(error)), true);
    const timer = setTimeout(() => {
      fail(
        new ThemisError('TIMEOUT', `${nameOf(spec)} did not answer within ${spec.timeoutMs} ms.`, {
          hint: 'Try it by hand as docs/exec-signer.md shows, or give it longer with --signer-timeout.',
        }),
      );
    }, spec.timeoutMs);
    const lines = new LineSplitter(signerLineLimitBytes);
    child.stdout.on('data', (chunk: Buffer) => {
      if (settled) return;
      try {
        const [line] = lines.push(chunk);
        if (line === undefined) return;
        const answer = decodeSignerAnswer(line);
        settle(() => resolve(answer), false);
      } catch (error) {
        fail(notProtocol(spec, error));
      }
    });
    followLog(child, spec.onLog);
    child.on('error', (error) => fail(notStarted(spec, error)));
    child.on('close', (code, signal) => {
      const rest = settled ? '' : lines.end();
      fail(
        rest === ''
          ? misbehaved(spec, `ended with ${signal ?? code} and no answer`)
          : misbehaved(spec, 'ended in the middle of an answer'),
      );
    });
    // A program that ended at once closes its side first; its `close` says more.
    child.stdin.on('error', () => {});
    child.stdin.write(encodeSignerLine(request));
  });
}

/**
 * It has answered: with stdin at its end it is to end too, and is made to if it does not. Nobody waits for that, but this
 * process does not end before, so that no signer outlives it, whatever it did to its stdio.
 */
function letEnd(child: ChildProcess): void {
  child.stdin?.end();
  const timer = setTimeout(() => killGroup(child), endingMs);
  child.on('close', () => clearTimeout(timer));
}

function killGroup(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

function followLog(child: ChildProcess, onLog: (line: string) => void): void {
  let rest = '';
  let count = 0;
  const say = (line: string): void => {
    const clean = cleaned(line).slice(0, logLineLimit);
    if (clean === '' || count >= logLinesLimit) return;
    count += 1;
    onLog(clean);
  };
  child.stderr?.setEncoding('utf8');
  child.stderr?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!.slice(-logLineLimit);
    for (const part of parts) say(part);
  });
  child.stderr?.on('close', () => say(rest));
}

/** What a program says is shown to people: nothing in it may move their cursor. */
function cleaned(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

/** Codes of the protocol; others are failures of the signer. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  PIN_MISSING: 'POLICY_REFUSED',
  PIN_WRONG: 'POLICY_REFUSED',
  PIN_LOCKED: 'POLICY_REFUSED',
  REFUSED: 'POLICY_REFUSED',
  NOT_FOUND: 'NOT_FOUND',
  IO: 'IO',
  KEY_MISMATCH: 'POLICY_REFUSED',
  KEY_AMBIGUOUS: 'POLICY_REFUSED',
  KEY_MISSING: 'NOT_FOUND',
  TOKEN_MISSING: 'NOT_FOUND',
  TOKEN_AMBIGUOUS: 'POLICY_REFUSED',
  MODULE_INVALID: 'NOT_FOUND',
  CERTIFICATE_INVALID: 'POLICY_REFUSED',
  RUNTIME_MISSING: 'RUNTIME_MISSING',
  UNREACHABLE: 'UNREACHABLE',
};

function toError(spec: ExecSignerSpec, answer: Extract<SignerAnswer, { kind: 'error' }>): ThemisError {
  const code = Object.hasOwn(errorCodes, answer.code) ? errorCodes[answer.code]! : 'SIGNER_FAILED';
  const reason = `SIGNER_${answer.code}`;
  const message = cleaned(answer.message) || `${nameOf(spec)} gives no reason.`;
  const hint = answer.hint === undefined ? {} : { hint: cleaned(answer.hint) };
  return new ThemisError(code, `${message} (${reason})`, { reason, ...hint });
}

function notStarted(spec: ExecSignerSpec, error: NodeJS.ErrnoException): ThemisError {
  const isAbsent = error.code === 'ENOENT';
  return new ThemisError(
    isAbsent ? 'NOT_FOUND' : 'SIGNER_FAILED',
    isAbsent
      ? `There is no signer program ${nameOf(spec)}.`
      : `The signer program ${nameOf(spec)} cannot be started: ${error.message}`,
    { cause: error, hint: 'Check the command, and that its file is there and executable.' },
  );
}

function notProtocol(spec: ExecSignerSpec, error: unknown): unknown {
  if (!(error instanceof ThemisError)) return error;
  return misbehaved(spec, `answered something that is not the signer protocol: ${error.message}`, error);
}

function misbehaved(spec: ExecSignerSpec, what: string, cause?: unknown): ThemisError {
  return new ThemisError('SIGNER_FAILED', `${nameOf(spec)} ${what.replace(/\.$/u, '')}.`, {
    cause,
    hint: 'Its stderr is shown above, if it wrote any; docs/exec-signer.md says what it has to answer.',
  });
}

function nameOf(spec: ExecSignerSpec): string {
  return cleaned(spec.command[0] ?? '');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
