import { describeProblem, readShape, type Shape } from '../kernel/document/shape.ts';
import { ThemisError } from '../kernel/error.ts';

/** Throws MESSAGE_INVALID with the first place that is wrong; `whole` names the value: `request`. */
export function readMessage<T>(shape: Shape<T>, value: unknown, whole: string): T {
  const read = readShape(shape, value, 1);
  if (read.ok) return read.value;
  const [problem] = read.problems;
  const at = problem.at === '' ? '' : `${whole}.${problem.at}`;
  throw new ThemisError('MESSAGE_INVALID', `Message field ${describeProblem({ ...problem, at }, whole)}.`);
}
