/** The colours that reports use; chalk has this shape. Without colour every function gives back its text. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly green: (text: string) => string;
}

const same = (text: string): string => text;

export const plainPaint: Paint = { bold: same, dim: same, red: same, yellow: same, cyan: same, green: same };

/** The colour of a change symbol. */
export function paintSymbol(symbol: string, paint: Paint): string {
  switch (symbol) {
    case '+':
      return paint.green(symbol);
    case '-':
    case '<':
      return paint.red(symbol);
    case '?':
      return paint.cyan(symbol);
    default:
      return paint.yellow(symbol);
  }
}
