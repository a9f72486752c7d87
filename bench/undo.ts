import { say } from "./say.ts";

/** What takes back something that was started or made. */
type Undo = () => unknown;
export type Undone = {
  /** Done at once where all was taken back already, or is being so. */
  add(undo: Undo): void;
  /** Resolves when all is taken back, whoever asks, and however often. */
  all(): Promise<void>;
};

async function attempt(undo: Undo): Promise<void> {
  try {
    await undo();
  } catch (error) {
    say(`not cleaned up: ${String(error)}`);
  }
}

/** What came last is taken back first, each once, and a failure hinders none of the others. */
export function undoing(): Undone {
  const stack: Undo[] = [];
  let ending: Promise<void> | undefined;
  const end = async () => {
    for (let undo = stack.pop(); undo; undo = stack.pop()) await attempt(undo);
  };
  return {
    add(undo) {
      if (ending) ending = ending.then(() => attempt(undo));
      else stack.push(undo);
    },
    all: () => (ending ??= end()),
  };
}
