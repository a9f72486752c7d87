import type { CallingOptions, Context, ServiceBroker } from "moleculer";
import type { contracts } from "../contracts.ts";
import type { Input, Parsed, Value } from "./contract.ts";

type All = typeof contracts;
type Part = "actions" | "events" | "pushes";
type Join<P extends Part> = {
  [S in keyof All & string]: { [K in keyof All[S][P] & string as `${S}.${K}`]: All[S][P][K] };
}[keyof All & string]; // one union member per service
type Merge<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

export type Actions = Merge<Join<"actions">>;
export type Events = Merge<Join<"events">>;
export type Pushes = Merge<Join<"pushes">>;
export type ActionName = keyof Actions;
export type EventName = keyof Events;
export type PushName = keyof Pushes;
export type InputOf<A extends ActionName> = Actions[A] extends { params: infer P } ? Input<P> : never;
export type Result<R> = R extends null ? void : Value<R>;
export type ResultOf<A extends ActionName> = Actions[A] extends { result: infer R } ? Result<R> : never;
export type PushOf<P extends PushName> = Parsed<Pushes[P]>;

/** Calls and events between services, typed by the contracts. */
export interface Bus {
  call<A extends ActionName>(action: A, params: InputOf<A>, opts?: CallingOptions): Promise<ResultOf<A>>;
  emit<E extends EventName>(event: E, payload: Parsed<Events[E]>): Promise<void>;
}
type Loose = "call" | "mcall" | "emit" | "broadcast";
/** Overloads merged into moleculer's own would only add to the loose ones, so the loose ones are taken away. */
export type Ctx<P> = Omit<Context<P>, Loose> & Bus;
/** The typed view of a broker. */
export const bus = (broker: ServiceBroker): Bus => broker as unknown as Bus;
