/** The smallest value that `share` of all (0.5 for the median) are not above; NaN of none. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Of times in milliseconds: `ack p50 ms` and so on. */
export function distribution(
  name: string,
  times: number[],
  shares = [0.5, 0.9, 0.99],
): Record<string, number> {
  const sorted = times.toSorted((a, b) => a - b);
  const figures = shares.map((share) => [`${name} p${share * 100} ms`, percentile(sorted, share)]);
  return { ...Object.fromEntries(figures), [`${name} max ms`]: sorted.at(-1) ?? Number.NaN };
}

export const median = (times: number[]): number =>
  percentile(
    times.toSorted((a, b) => a - b),
    0.5,
  );
