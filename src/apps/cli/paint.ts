import { Chalk } from 'chalk';
import { plainPaint, type Paint } from '../../report/paint.ts';
import type { Output } from './command.ts';

const colours = new Chalk({ level: 1 });

export function paintFor(output: Pick<Output, 'color'>): Paint {
  return output.color ? colours : plainPaint;
}
