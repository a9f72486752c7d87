/** What a run can show to be broken. */
export type Kind =
  /** An acknowledged write is not in the store, or not as it was acknowledged. */
  | "lost"
  /** Stored twice, or given twice. */
  | "twice"
  /** A nonce of an author stands for more than one message. */
  | "nonce"
  /** Not in the one order. */
  | "order"
  /** The positions of a conversation have a hole, or a device was led over one. */
  | "hole"
  /** A device was never given a message. */
  | "missing"
  /** A device has a message otherwise than the store. */
  | "stale"
  /** A device was given, or the store has, what nobody did. */
  | "phantom"
  /** Somebody was given what is not theirs. */
  | "leak"
  /** Said to be not done, and was. */
  | "not-done"
  /** Not everybody was connected and complete in time. */
  | "unhealed";

export type Violation = { kind: Kind; what: string };
export type Violate = (kind: Kind, what: string) => void;
