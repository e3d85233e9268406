import { ThemisError } from '../../src/kernel/error.ts';

/** The error that work ends with; what ends otherwise fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<ThemisError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ThemisError) return error;
  throw new Error(`ended with ${String(error)}`);
}
