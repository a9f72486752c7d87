import * as fc from "fast-check";

const SEED = 20_240_101;

/** Runs a property; the same cases every time, so that a failure can be looked at again. */
export const check = async (
  property: fc.IRawProperty<unknown>,
  numRuns: number,
  more: fc.Parameters<unknown> = {},
): Promise<void> => {
  await fc.assert(property, { seed: SEED, numRuns, ...more });
};
/** The same cases every time, without a property. */
export const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { seed: SEED, numRuns: count });
