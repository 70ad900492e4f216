// Numbers and tables.

/** The value below which this share of the others lies (nearest rank). */
export function at(share, values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export const median = (values) => at(0.5, values);
export const sum = (values) => values.reduce((all, one) => all + one, 0);

export const ms = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
export const seconds = (value) => `${(value / 1000).toFixed(2)} s`;
export const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
export const times = (value) => `${value.toFixed(2)} ×`;

/** Milliseconds out of what Rust prints for a duration: `12.3µs`, `1.2ms`, `3s`. */
export function duration(text) {
  const [, value, unit] = /^([\d.]+)(ns|µs|ms|s)$/.exec(text) ?? [];
  if (!unit) throw new Error(`${text} is no duration`);
  return Number(value) * { ns: 1e-6, µs: 1e-3, ms: 1, s: 1000 }[unit];
}

/** A Markdown table that can also be read as it is. */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...row[column]].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell + ' '.repeat(widths[column] - [...cell].length)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
