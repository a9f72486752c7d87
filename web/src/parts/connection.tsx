import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useStore } from "../store.ts";
import { words } from "../words/words.ts";

/** Whoever cannot connect for so long is told what waits. */
const PATIENCE_MS = 3_000;

const hasNetwork = signal(navigator.onLine);
for (const kind of ["online", "offline"])
  addEventListener(kind, () => {
    hasNetwork.value = navigator.onLine;
  });

/** How the connection is, and what waits for one. */
export function Connection() {
  const text = useText();
  return (
    <div role="status" class={`connection ${text === null ? "online" : "away"}`}>
      {text === null ? <span class="unseen">{words.value.online}</span> : <span>{text}</span>}
    </div>
  );
}

/** Null while all is well. */
function useText(): string | null {
  const { state, outgoing } = useStore();
  const isLate = useLate(state.value !== "online");
  const waiting = outgoing.entries.value.length;
  const t = words.value;
  if (state.value === "online" && hasNetwork.value) return null;
  const isAway = !hasNetwork.value || state.value === "reconnecting" || isLate;
  if (waiting > 0 && isAway) return t.offlineWaiting(waiting);
  if (!hasNetwork.value) return t.offline;
  return state.value === "reconnecting" ? t.reconnecting : t.connecting;
}

function useLate(isWaiting: boolean): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!isWaiting) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isLate;
}
