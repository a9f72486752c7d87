/**
 * What a service offers, declared once as a literal: the validator reads it, TypeScript infers from it,
 * documents are generated from it.
 *
 * `Rule` is the subset of fastest-validator's rules that TypeScript can read back, and four of our
 * own (see validate.ts): `snowflake`, an id; `text`, well-formed Unicode without NUL; `displayName`, a name people
 * can see and type; `emailAddress`, one bare address.
 * Lengths count UTF-16 code units, as Dart's and JavaScript's `length` do.
 */
type Common = { optional?: true; nullable?: true; description?: string };
export type Rule = Common &
  (
    | { type: "snowflake" }
    | { type: "text" | "displayName" | "emailAddress"; min?: number; max: number }
    | { type: "string"; min?: number; max?: number; pattern?: RegExp }
    | { type: "number"; min?: number; max?: number; integer?: true; default?: number }
    | { type: "boolean" }
    | { type: "enum"; values: readonly string[] }
    | { type: "array"; items: Rule; max?: number }
    | { type: "object"; props: Rules }
  );
export type Rules = { readonly [field: string]: Rule };

type Scalars = {
  snowflake: string;
  text: string;
  displayName: string;
  emailAddress: string;
  string: string;
  number: number;
  boolean: boolean;
};
type Bare<R> = R extends { type: "enum"; values: readonly (infer V)[] }
  ? V
  : R extends { type: "array"; items: infer I }
    ? Value<I>[]
    : R extends { type: "object"; props: infer P }
      ? Parsed<P>
      : R extends { type: infer T extends keyof Scalars }
        ? Scalars[T]
        : never;
/** The TypeScript type of what a rule lets through. */
export type Value<R> = Bare<R> | (R extends { nullable: true } ? null : never);
type Flat<T> = { [K in keyof T]: T[K] } & {};

/** What a handler receives: defaults are filled in. */
export type Parsed<P> = Flat<
  { -readonly [K in keyof P as P[K] extends { optional: true } ? never : K]: Value<P[K]> } & {
    -readonly [K in keyof P as P[K] extends { optional: true } ? K : never]?: Value<P[K]>;
  }
>;
type Omittable = { optional: true } | { default: unknown };
/** What a caller passes: defaulted fields may be left out. */
export type Input<P> = Flat<
  { -readonly [K in keyof P as P[K] extends Omittable ? never : K]: Value<P[K]> } & {
    -readonly [K in keyof P as P[K] extends Omittable ? K : never]?: Value<P[K]>;
  }
>;

export type ActionSpec = {
  description: string;
  params: Rules;
  /** `null`: resolves with nothing. */
  result: Rule | null;
  /** Milliseconds a caller waits, where the bus's default does not fit. Such an action is not retried. */
  timeout?: number;
  /** Fast, and short in what it says: calls of it may travel together with others (together.ts). */
  together?: true;
};
export type Contract = {
  name: string;
  actions: Record<string, ActionSpec>;
  /** Said between services, heard once by each subscribing service; at most once. */
  events: Record<string, Rules>;
  /** Said to users: reaches every gateway process that holds a socket of them; at most once. */
  pushes: Record<string, Rules>;
};
/** What every service answers: defineService provides it. */
const common = {
  ready: {
    description: "Resolves while the service can work; UNAVAILABLE while its store cannot be reached.",
    params: {},
    result: null,
  },
} as const satisfies Contract["actions"];
export type CommonAction = keyof typeof common;

export const contract = <const C extends Contract>(c: C) => ({ ...c, actions: { ...c.actions, ...common } });
