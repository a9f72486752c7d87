const begun = Date.now();

/** A line of progress, on standard error: standard output is for the results. */
export function say(text: string): void {
  const seconds = ((Date.now() - begun) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${text}\n`);
}
