import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ThemisError } from '../kernel/error.ts';
import type { SecretRef } from '../model/desired.ts';

export interface SecretSurroundings {
  /** Where relative files start. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A token for a header, read anew each time; `whose` it is stands in the refusal, and the token never. IO. */
export async function readToken(secret: SecretRef, whose: string, around: SecretSurroundings): Promise<string> {
  return await readSecret(secret, `the token of ${whose}`, around);
}

/** One line of visible characters, read anew each time; `what` it is stands in the refusal, and itself never. IO. */
export async function readSecret(secret: SecretRef, what: string, around: SecretSurroundings): Promise<string> {
  const token = 'env' in secret ? around.environment[secret.env] : await fileText(secret.file, around.directory);
  const where = 'env' in secret ? `variable ${secret.env}` : `file ${secret.file}`;
  const trimmed = token?.trim() ?? '';
  if (trimmed === '') throw new ThemisError('IO', `${what} is not there: ${where} is empty or absent`);
  // Visible characters only: a header holds no others, and the refusal of who sends it would print it.
  if (!/^[\x21-\x7e]+$/u.test(trimmed)) throw new ThemisError('IO', `the ${where} does not hold ${what}`);
  return trimmed;
}

async function fileText(path: string, directory: string): Promise<string | undefined> {
  try {
    return await readFile(resolve(directory, path), 'utf8');
  } catch {
    return undefined;
  }
}
