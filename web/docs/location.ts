import { useEffect, useState } from "preact/hooks";

/** What is looked at: `#http/auth.login` is a page and a part of it, and the part has just that id. */
export type Place = { page: string; id: string };

const here = (): Place => {
  const id = decodeURIComponent(location.hash.slice(1));
  return { page: id.split("/")[0] ?? "", id };
};

/** Follows the address, so that Back, a link and a bookmark all do the same. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(() => {
    const part = place.id.includes("/") && document.getElementById(place.id);
    if (part) part.scrollIntoView();
    else scrollTo(0, 0);
  }, [place]);
  return place;
}
