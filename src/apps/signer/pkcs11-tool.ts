/**
 * OpenSC's `pkcs11-tool`, run without a shell and without a terminal, so that it can ask nobody. The PIN travels in its
 * environment, never in its arguments. What it says when it fails becomes one error with a code of the signer protocol.
 */
import { spawn } from 'node:child_process';
import type { ErrorCode } from '../../kernel/error.ts';
import { refuseToSign } from './signer-refusal.ts';

const tool = 'pkcs11-tool';
const pinVariable = 'THEMIS_PKCS11_PIN';
const keptOutput = 1024 * 1024;

/** Its stdout. `pin`: log in with it; once, whatever comes of it. */
export async function runPkcs11Tool(module: string, line: readonly string[], pin?: string): Promise<string> {
  const login = pin === undefined ? [] : ['--login', '--pin', `env:${pinVariable}`];
  const { code, out, err } = await run(['--module', module, ...login, ...line], pin);
  if (code === 0) return out;
  // Of the module itself some say the PIN back; nothing that is passed on may hold it.
  return explain(module, pin === undefined ? err : err.replaceAll(pin, '***'), code);
}

function run(
  line: readonly string[],
  pin: string | undefined,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const { [pinVariable]: _pin, ...environment } = process.env;
  return new Promise((resolve, reject) => {
    const child = spawn(tool, line, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Modules are configured by variables of their own, so the rest is passed on.
      env: { ...environment, LC_ALL: 'C', ...(pin === undefined ? {} : { [pinVariable]: pin }) },
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out = (out + text).slice(0, keptOutput)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(0, keptOutput)));
    child.on('error', (error) => {
      try {
        notStarted(error);
      } catch (refusal) {
        reject(refusal as Error);
      }
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

function notStarted(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT')
    return refuseToSign('SIGNER_FAILED', 'FAILED', `${tool} cannot be started: ${error.message}.`);
  return refuseToSign(
    'RUNTIME_MISSING',
    'RUNTIME_MISSING',
    `${tool} is not installed; it reaches the token.`,
    'Install OpenSC: apt-get install opensc, dnf install opensc, brew install opensc.',
  );
}

interface Explanation {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly hint: string;
}

/** By what pkcs11-tool and PKCS#11 (CKR_*) call it; the first that fits counts. */
const explanations: readonly Explanation[] = [
  {
    pattern: /CKR_PIN_LOCKED/u,
    code: 'POLICY_REFUSED',
    reason: 'PIN_LOCKED',
    message: 'The PIN of the token is locked.',
    hint: 'Unlock it with the SO PIN: softhsm2-util, or the tool of its maker.',
  },
  {
    pattern: /CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE)/u,
    code: 'POLICY_REFUSED',
    reason: 'PIN_WRONG',
    message: 'The token refuses the PIN. It was tried once and is not tried again.',
    hint: 'Correct THEMIS_PKCS11_PIN or the PIN file first: most tokens lock after three wrong ones.',
  },
  {
    pattern: /CKR_(?:USER_PIN_NOT_INITIALIZED|PIN_EXPIRED)/u,
    code: 'POLICY_REFUSED',
    reason: 'PIN_MISSING',
    message: 'The token has no PIN that may be used: it was never set, or has to be changed.',
    hint: 'Set it with pkcs11-tool --init-pin or --change-pin.',
  },
  {
    pattern: /CKR_(?:TOKEN_NOT_PRESENT|TOKEN_NOT_RECOGNIZED|DEVICE_REMOVED|DEVICE_ERROR|SLOT_ID_INVALID)|No slot/u,
    code: 'NOT_FOUND',
    reason: 'TOKEN_MISSING',
    message: 'The token is not there any more.',
    hint: 'Insert it or connect to it, then run the command again.',
  },
  {
    pattern: /Failed to load pkcs11 module|C_GetFunctionList/u,
    code: 'NOT_FOUND',
    reason: 'MODULE_INVALID',
    message: 'The file is not a PKCS#11 module that can be loaded here.',
    hint: 'Name the module of your token: for SoftHSM /usr/lib/softhsm/libsofthsm2.so.',
  },
  {
    pattern: /C_Initialize/u,
    code: 'SIGNER_FAILED',
    reason: 'MODULE_INVALID',
    message: 'The PKCS#11 module does not start.',
    hint: 'Check its configuration: for SoftHSM the file that SOFTHSM2_CONF names.',
  },
  {
    pattern: /Private key not found/u,
    code: 'NOT_FOUND',
    reason: 'KEY_MISSING',
    message: 'The key is not in the token any more.',
    hint: 'List the keys: pkcs11-tool --list-objects --type privkey --login.',
  },
  {
    pattern: /CKR_(?:MECHANISM_|KEY_TYPE_INCONSISTENT|KEY_FUNCTION_NOT_PERMITTED|KEY_SIZE_RANGE)/u,
    code: 'POLICY_REFUSED',
    reason: 'KEY_MISMATCH',
    message: 'The token cannot sign this way with this key.',
    hint: 'See what it can do: pkcs11-tool --list-mechanisms. RSA has two ways, --pss is the other.',
  },
];

function explain(module: string, err: string, code: number | null): never {
  const found = explanations.find(({ pattern }) => pattern.test(err));
  if (found !== undefined) refuseToSign(found.code, found.reason, `${found.message} (${module})`, found.hint);
  const said = err
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '' && line !== 'Aborting.');
  return refuseToSign(
    'SIGNER_FAILED',
    'FAILED',
    `${tool} ended with ${code ?? 'a signal'}${said === undefined ? '' : `: ${said.slice(0, 300)}`}.`,
  );
}
