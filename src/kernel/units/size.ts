const unitBytes = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
} as const;

const pattern = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$/u;

/** `100MiB`, `1.5GB`, `512B` in bytes; undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const sizeBytes = Math.round(Number(match[1]) * unitBytes[match[2] as keyof typeof unitBytes]);
  return Number.isSafeInteger(sizeBytes) ? sizeBytes : undefined;
}

/** Binary units with at most one decimal: `0 B`, `1.5 KiB`, `120.8 MiB`. */
export function formatSize(sizeBytes: number): string {
  let value = sizeBytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${unit === 'B' ? value : Math.round(value * 10) / 10} ${unit}`;
    value /= 1024;
  }
  return `${Math.round(value * 10) / 10} TiB`;
}
