import { fault } from "../common/errors.ts";

/** What two users are to each other. `requesterId` is set while one waits for the other. */
export type Relation = { state: "none" | "requested" | "friends"; requesterId: string | null };
export type Verb = "request" | "accept" | "remove" | "end";
export type Change = "requested" | "accepted" | "removed" | "ended";
type Decision = { relation: Relation; change: Change };

const STRANGERS: Relation = { state: "none", requesterId: null };
const FRIENDS: Relation = { state: "friends", requesterId: null };

/**
 * What becomes of a relation when `actorId` does `verb`.
 * @throws the fault that says why it cannot be done
 */
export function decide(relation: Relation, verb: Verb, actorId: string): Decision {
  const { state, requesterId } = relation;
  const asked = state === "requested" && requesterId !== actorId;
  switch (verb) {
    case "request":
      if (state === "friends") throw fault("ALREADY_FRIENDS");
      if (asked) return { relation: FRIENDS, change: "accepted" };
      if (state === "requested") throw fault("ALREADY_REQUESTED");
      return { relation: { state: "requested", requesterId: actorId }, change: "requested" };
    case "accept":
      if (state === "friends") throw fault("ALREADY_FRIENDS");
      if (!asked) throw fault("NOT_REQUESTED");
      return { relation: FRIENDS, change: "accepted" };
    case "remove":
      if (state !== "requested") throw fault("NOT_REQUESTED");
      return { relation: STRANGERS, change: "removed" };
    case "end":
      if (state !== "friends") throw fault("NOT_FRIENDS");
      return { relation: STRANGERS, change: "ended" };
  }
}
