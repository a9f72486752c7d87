import { say } from "./say.ts";

/** What takes back something that was started or made. */
type Undo = () => unknown;
export type Undone = { add(undo: Undo): void; all(): Promise<void> };

/** A stack of them: what came last is taken back first, each once, and a failure hinders none of the others. */
export function undoing(): Undone {
  const stack: Undo[] = [];
  return {
    add: (undo) => void stack.push(undo),
    async all() {
      for (let undo = stack.pop(); undo; undo = stack.pop()) {
        try {
          await undo();
        } catch (error) {
          say(`not cleaned up: ${String(error)}`);
        }
      }
    },
  };
}
