/**
 * Arithmetic coding of bits, each with the probability of a one: an interval of 32 bits that loses its leading byte
 * whenever both ends share it. One function goes both ways, so that the model before it is written once. Reading goes on
 * with zeros where the bytes end, so that damage gives wrong bytes and never reads outside.
 */
export interface BitCoder {
  readonly reads: boolean;
  bytes: Uint8Array;
  position: number;
  /** Behind this position there may be too few of the bytes at hand for what comes next. */
  readonly enough: number;
  /** Ends of the interval, both in it, and what was read. */
  readonly interval: Uint32Array;
}

export function startWriting(): BitCoder {
  const interval = Uint32Array.of(0, 0xff_ff_ff_ff, 0);
  return { reads: false, bytes: new Uint8Array(4096), position: 0, enough: Infinity, interval };
}

export function startReading(
  bytes: Uint8Array,
  enough = Infinity,
  interval: Uint32Array = new Uint32Array(3),
): BitCoder {
  interval.set([0, 0xff_ff_ff_ff, 0]);
  const coder = goOnReading(bytes, enough, interval);
  for (let count = 0; count < 4; count += 1) interval[2] = (interval[2]! << 8) | nextByte(coder);
  return coder;
}

/** The bytes that follow those that were read with the interval so far. */
export function goOnReading(bytes: Uint8Array, enough: number, interval: Uint32Array): BitCoder {
  return { reads: true, bytes, position: 0, enough, interval };
}

/** Whether whoever reads has to bring more bytes first. */
export function needsMore({ position, enough }: BitCoder): boolean {
  return position > enough;
}

/** Codes `bit`, or reads one when the coder reads; `probability` of a one is from 1 to 65535. */
export function codeBit(coder: BitCoder, probability: number, bit: number): number {
  const { interval } = coder;
  const low = interval[0]!;
  const high = interval[1]!;
  const range = high - low;
  const middle = low + (range >>> 16) * probability + (((range & 0xff_ff) * probability) >>> 16);
  const coded = coder.reads ? (interval[2]! <= middle ? 1 : 0) : bit;
  if (coded === 1) interval[1] = middle;
  else interval[0] = middle + 1;
  if (((interval[0]! ^ interval[1]!) & 0xff_00_00_00) === 0) shiftOut(coder);
  return coded;
}

/** The bytes of all bits; once, of a coder that writes. */
export function finishWriting(coder: BitCoder): Uint8Array {
  // One byte within the interval is enough when what follows reads as zeros.
  const low = coder.interval[0]!;
  const high = coder.interval[1]!;
  for (let kept = 8; ; kept += 8) {
    const rest = kept === 32 ? 0 : 2 ** (32 - kept) - 1;
    const value = low === 0 ? 0 : Math.floor((low + rest) / (rest + 1)) * (rest + 1);
    if (value > high) continue;
    for (let at = 24; at >= 32 - kept; at -= 8) putByte(coder, Math.floor(value / 2 ** at) & 255);
    break;
  }
  let end = coder.position;
  while (end > 0 && coder.bytes[end - 1] === 0) end -= 1;
  return coder.bytes.slice(0, end);
}

function shiftOut(coder: BitCoder): void {
  const { interval } = coder;
  do {
    if (coder.reads) interval[2] = (interval[2]! << 8) | nextByte(coder);
    else putByte(coder, interval[1]! >>> 24);
    interval[0] = interval[0]! << 8;
    interval[1] = (interval[1]! << 8) | 255;
  } while (((interval[0]! ^ interval[1]!) & 0xff_00_00_00) === 0);
}

function nextByte(coder: BitCoder): number {
  const { bytes, position } = coder;
  if (position >= bytes.length) return 0;
  coder.position = position + 1;
  return bytes[position]!;
}

function putByte(coder: BitCoder, value: number): void {
  if (coder.position === coder.bytes.length) {
    const larger = new Uint8Array(coder.bytes.length * 2);
    larger.set(coder.bytes);
    coder.bytes = larger;
  }
  coder.bytes[coder.position] = value;
  coder.position += 1;
}
