/**
 * Who signs: a key in a file, a key in a PKCS#11 token, or a program that holds one. A token is reached through Themis's
 * own signer program, so that this process loads no module; the PIN goes to it in the environment or stays in its file.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSigner } from '../../../adapters/signer/index.ts';
import { ThemisError } from '../../../kernel/error.ts';
import type { Signer } from '../../../ports/signer.ts';
import { programFile } from '../../package-files.ts';
import type { Input, Option, Session } from '../command.ts';
import { commandWords } from './command-words.ts';

export const signerOptions: readonly Option[] = [
  {
    name: '--key',
    value: 'KEY',
    summary:
      'private key file, PKCS#8 in PEM, readable by its owner only; with --pkcs11 the label of the key in the token',
  },
  { name: '--certificate', value: 'FILE', summary: 'certificate of the key, then intermediates, in PEM' },
  { name: '--pss', summary: 'RSA keys: sign with PSS instead of PKCS#1 v1.5' },
  { name: '--pkcs11', value: 'MODULE', summary: 'the key is in a PKCS#11 token; its PIN in THEMIS_PKCS11_PIN' },
  { name: '--token', value: 'LABEL', summary: 'with --pkcs11: label of the token' },
  { name: '--pin-file', value: 'FILE', summary: 'with --pkcs11: file that holds the PIN, readable by its owner only' },
  { name: '--signer', value: 'COMMAND', summary: 'program that signs (docs/exec-signer.md); quotes as in a shell' },
  { name: '--signer-timeout', value: 'DURATION', summary: 'for each answer of a signer program', default: '60s' },
];

const pinVariable = 'THEMIS_PKCS11_PIN';

/** undefined when no option names a signer. Throws USAGE for options that do not go together, else what the port says. */
export async function signerOf(session: Session, input: Input): Promise<Signer | undefined> {
  const { kind, options } = chosen(input);
  if (kind === undefined) return undefined;
  checkOptions(input, kind, options);
  switch (kind) {
    case '--signer':
      return await openProgram(session, input, commandWords(input.text('signer')!, '--signer'), {});
    case '--pkcs11':
      return await openProgram(session, input, tokenCommand(session, input), {
        [pinVariable]: session.environment[pinVariable],
      });
    case '--key':
      return await openSigner({
        kind: 'software',
        key: resolve(session.directory, input.text('key')!),
        certificate: resolve(session.directory, input.text('certificate')!),
        pss: input.flag('pss'),
      });
  }
}

/** For commands that do nothing but sign. */
export async function requiredSignerOf(session: Session, input: Input): Promise<Signer> {
  const signer = await signerOf(session, input);
  if (signer !== undefined) return signer;
  throw new ThemisError('USAGE', 'Who signs is not said.', {
    hint: 'Give --key and --certificate, or --pkcs11 with a token, or --signer with a program.',
  });
}

type Kind = '--signer' | '--pkcs11' | '--key';

/** By kind: what it needs, and what else it takes. */
const takes = {
  '--signer': { needs: [], may: [] },
  '--pkcs11': { needs: ['token', 'key', 'certificate'], may: ['pin-file', 'pss'] },
  '--key': { needs: ['key', 'certificate'], may: ['pss'] },
} as const satisfies Record<Kind, { readonly needs: readonly string[]; readonly may: readonly string[] }>;

function chosen(input: Input): { kind: Kind | undefined; options: readonly string[] } {
  const options = ['key', 'certificate', 'pss', 'pkcs11', 'token', 'pin-file', 'signer'].filter(
    (name) => input.flag(name) || input.text(name) !== undefined,
  );
  const kind = options.includes('signer')
    ? '--signer'
    : options.includes('pkcs11')
      ? '--pkcs11'
      : options.length > 0
        ? '--key'
        : undefined;
  return { kind, options };
}

function checkOptions(input: Input, kind: Kind, options: readonly string[]): void {
  const { needs, may } = takes[kind];
  const missing = needs.find((name) => !options.includes(name));
  if (missing !== undefined) throw new ThemisError('USAGE', `--${missing} is needed as well.`);
  const known = new Set([kind.slice(2), ...needs, ...may]);
  const stranger = options.find((name) => !known.has(name));
  if (stranger === undefined) return;
  throw new ThemisError('USAGE', `--${stranger} does not go with ${kind}.`, {
    hint: 'One of --key, --pkcs11 and --signer says who signs. THEMIS_* variables count as options.',
  });
}

function tokenCommand(session: Session, input: Input): string[] {
  const module = input.text('pkcs11')!;
  const pinFile = input.text('pin-file');
  // A name without a slash is for the system's loader to find.
  const path = module.includes('/') ? resolve(session.directory, module) : module;
  const command = [
    session.runtimeBinary,
    fileURLToPath(programFile('signer/main')),
    '--module',
    path,
    '--token',
    input.text('token')!,
  ];
  command.push('--key', input.text('key')!, '--certificate', resolve(session.directory, input.text('certificate')!));
  if (pinFile !== undefined) command.push('--pin-file', resolve(session.directory, pinFile));
  if (input.flag('pss')) command.push('--pss');
  return command;
}

async function openProgram(
  session: Session,
  input: Input,
  command: readonly string[],
  secrets: Readonly<Record<string, string | undefined>>,
): Promise<Signer> {
  // The PIN of a token is nobody's but the token's.
  const { [pinVariable]: _pin, ...environment } = session.environment;
  return await openSigner({
    kind: 'exec',
    command,
    directory: session.directory,
    environment: { ...environment, ...secrets },
    timeoutMs: input.duration('signer-timeout')!,
    onLog: (line) => session.err.write(`signer: ${line}\n`),
  });
}
