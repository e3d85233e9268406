import { ThemisError } from '../kernel/error.ts';

/** Cuts a byte stream into lines. MESSAGE_INVALID when one grows beyond the limit, so that nobody fills the memory. */
export class LineSplitter {
  readonly #limitBytes: number;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that this chunk completes, without their ends. */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      this.#keep(rest.subarray(0, end));
      lines.push(this.#take());
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
    return lines;
  }

  /** What came after the last line end. */
  end(): string {
    return this.#take();
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes > this.#limitBytes) {
      throw new ThemisError('MESSAGE_INVALID', `Line of more than ${this.#limitBytes} bytes.`);
    }
    this.#pieces.push(piece.slice());
  }

  #take(): string {
    const bytes = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#sizeBytes = 0;
    return new TextDecoder().decode(bytes);
  }
}

const newline = 10;
