import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { problemOf } from "../words/words.ts";

type Values = Record<string, string>;
type Props = {
  action: string;
  /** What it throws is shown beside the button. */
  onSubmit: (values: Values) => Promise<void>;
  children: (problem: unknown) => ComponentChildren;
  describe?: (error: unknown) => string;
  /** Where this becomes another, what was said of the last try is of yesterday. */
  of?: unknown;
};

/** One thing to be asked of the server, and what it says to it. */
export function Form({ action, onSubmit, children, describe = problemOf, of }: Props) {
  const [problem, setProblem] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => setProblem(null), [of]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const form = event.currentTarget as HTMLFormElement;
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit(Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, String(value)])));
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} aria-busy={isBusy}>
      {children(problem)}
      <div role="alert">{problem !== null && <p class="problem">{describe(problem)}</p>}</div>
      <button type="submit" class="button wide" aria-disabled={isBusy}>
        {action}
      </button>
    </form>
  );
}
