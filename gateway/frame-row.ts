import type { ActionName, InputOf, ResultOf } from "../services/common/bus.ts";
import type { Parsed, Rules } from "../services/common/contract.ts";
import { wireChecker, type Complaint } from "../services/common/validate.ts";
import type { Position } from "./feed.ts";
import type { Outgoing } from "./protocol.ts";

/** Who sent a frame. `nonce` is new for each frame; `origin` names the socket. */
export type Sender = { userId: string; origin: string; nonce: string };

/** One thing a client may ask for: the shape of its payload, the action it becomes, the frames that answer it. */
export type FrameRow = {
  /** Whether it may change anything; decides what is said when its outcome is not known. */
  writes: boolean;
  action: ActionName;
  payload: Rules;
  check(payload: object): Complaint[];
  /** Null: the frame is to be ignored. */
  params(payload: never, sender: Sender): object | null;
  reply(result: never, sender: Sender): Outgoing[];
  /** What the reply is called, where documents are made of it. */
  answers?: string;
  /** The nonce of a write where the client chose it; the sender's where it did not. */
  nonce?(payload: never, sender: Sender): string | undefined;
  /** Of a change that others hear of too: the reply has its place among what they hear. */
  position?(result: never): Position;
};
export type Frames = Readonly<Record<string, FrameRow>>;

type Row<A extends ActionName, P extends Rules, N extends string> = {
  action: A;
  payload: P;
  params(payload: Parsed<P>, sender: Sender): InputOf<A> | null;
  reply(result: ResultOf<A>, sender: Sender): Outgoing[];
  answers?: N;
  nonce?(payload: Parsed<P>, sender: Sender): string | undefined;
  position?(result: ResultOf<A>): Position;
};
/** A row that TypeScript can still read: what clients infer their requests and replies from. */
type Typed<P extends Rules, N extends string> = Omit<FrameRow, "payload" | "answers"> & {
  payload: P;
  answers?: N;
};

export const reads = <A extends ActionName, const P extends Rules, N extends string>(
  row: Row<A, P, N>,
): Typed<P, N> => ({ ...row, writes: false, check: wireChecker(row.payload) });
export const writes = <A extends ActionName, const P extends Rules, N extends string>(
  row: Row<A, P, N>,
): Typed<P, N> => ({ ...reads(row), writes: true });
