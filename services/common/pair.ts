/** Two users, the smaller id first: the key under which everything between two people is stored. */
export type Pair = { lowId: string; highId: string };

export const pairOf = (a: string, b: string): Pair =>
  BigInt(a) < BigInt(b) ? { lowId: a, highId: b } : { lowId: b, highId: a };
