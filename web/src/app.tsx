import { useLayoutEffect, useState } from "preact/hooks";
import { account, farewell, signOut } from "./account.ts";
import { Notices } from "./parts/notices.tsx";
import { replaceRoute, toHome } from "./route.ts";
import { Home } from "./screens/home.tsx";
import { Welcome } from "./screens/welcome.tsx";
import { Store, StoreContext } from "./store.ts";
import { words } from "./words/words.ts";

export function App() {
  const store = useSignedIn();
  if (!account.value) return <Welcome farewell={farewell.value} />;
  if (!store) return null; // for a moment
  return (
    <StoreContext.Provider value={store}>
      <Home />
      <Notices />
    </StoreContext.Provider>
  );
}

/** The store of whoever is signed in, for as long as they are. */
function useSignedIn(): Store | null {
  const now = account.value;
  const [store, setStore] = useState<Store | null>(null);
  useLayoutEffect(() => {
    if (!now) {
      replaceRoute(toHome);
      return setStore(null);
    }
    const opened = new Store(now, (error) => {
      const { sentAway, sessionEnded } = words.value;
      if (account.peek() === now)
        signOut(error?.type === "SENT_AWAY" ? sentAway(error.reason) : sessionEnded);
    });
    setStore(opened);
    return () => opened.close();
  }, [now]);
  return store?.account === now ? store : null;
}
