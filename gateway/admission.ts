import pLimit from "p-limit";
import { fault } from "../services/common/errors.ts";
import type { Session } from "./session.ts";

const AT_A_TIME = 24;
const PATIENCE_MS = 4_000;

/**
 * Lets sockets in a few at a time. Those that come all at once, after a restart, are each served fast one after the other,
 * and not all together and late, so that calls time out, are repeated, and make more of them.
 * @throws BUSY for whoever would wait too long
 */
export function admission() {
  const few = pLimit(AT_A_TIME);
  return async <T>(session: Session, admit: () => Promise<T>): Promise<T> => {
    let isTooLate = false;
    const { promise: tooLong, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      isTooLate = true;
      reject(fault("BUSY"));
    }, PATIENCE_MS);
    const admitted = few(async () => {
      clearTimeout(timer);
      if (isTooLate || !session.isOpen) throw fault("BUSY");
      return admit();
    });
    return Promise.race([admitted, tooLong]);
  };
}
export type Admit = ReturnType<typeof admission>;
