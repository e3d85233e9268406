/** Numbers of a verdict: rounded so that every machine writes the same, and spelled for people. */
import { formatSize } from '../kernel/units/size.ts';
import type { DesiredGate } from '../model/desired.ts';

/** 12 significant digits: far more than evidence has, far fewer than the last bits in which machines may differ. */
export function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

export function roundedOrNull(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : rounded(value);
}

/** `1,204` */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/gu, ',');
}

/** `1 request`, `1,204 requests` */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? noun.replace(/s$/u, '') : noun}`;
}

/** Three significant digits, without an exponent where that is readable: `0.00123`, `10.2`, `1230`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1000 && magnitude < 1e15) return String(Math.round(value));
  if (magnitude >= 1e15 || magnitude < 1e-6) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}

export function formatValue(value: number, unit: DesiredGate['unit']): string {
  switch (unit) {
    case 'share':
      return `${formatNumber(value * 100)} %`;
    case 'ms':
      return `${formatNumber(value)}ms`;
    case 'bytes':
      return formatSize(value);
    case 'bytesPerSecond':
      return `${formatSize(value)}/s`;
    case 'number':
      return formatNumber(value);
  }
}

/** `a, b, c and 4 more` */
export function listed(names: readonly string[]): string {
  if (names.length > 3) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}
