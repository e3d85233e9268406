/** Colors for terminals: pure functions of text. Without color they return the text as it is. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly cyan: (text: string) => string;
}

// ECMA-48 SGR: the code that sets, the code that resets only that.
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
} as const satisfies Record<keyof Palette, readonly [number, number]>;

export function palette(color: boolean): Palette {
  const paint = (name: keyof Palette) => {
    const [on, off] = codes[name];
    return color ? (text: string): string => `\u001B[${on}m${text}\u001B[${off}m` : (text: string): string => text;
  };
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    blue: paint('blue'),
    cyan: paint('cyan'),
  };
}

/** The color of a change symbol. */
export function paintSymbol(symbol: string, colors: Palette): string {
  switch (symbol) {
    case '+':
      return colors.green(symbol);
    case '-':
    case '<':
      return colors.red(symbol);
    case '?':
      return colors.cyan(symbol);
    default:
      return colors.yellow(symbol);
  }
}
