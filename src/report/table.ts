/** Columns padded to their widest cell, two spaces between; numbers to the right. Ends with a newline; no rules, no colour. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers.map((header) => header.toUpperCase()), ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const isNumeric = headers.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^\d+(?:\.\d+)?(?: [KMGT]?i?B)?$/u.test(row[column] ?? '')),
  );
  return lines
    .map((line) => {
      const cells = widths.map((width, column) => {
        const cell = line[column] ?? '';
        return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
