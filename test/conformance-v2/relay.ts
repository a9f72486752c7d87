import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { atEnd } from "../support/server.ts";

/** A way to a gateway that can be cut, with whatever is on it in either direction. */
export type Relay = {
  /** To be used instead of the gateway's URL. */
  readonly url: string;
  /** Ends every connection at once, and each that is tried until `mend`. */
  cut(): void;
  mend(): void;
};

export const relayTo = async (gateway: string): Promise<Relay> => {
  const { hostname, port } = new URL(gateway);
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.on("error", () => {}).resetAndDestroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one);
      one.setNoDelay(true);
      one.on("error", () => {}); // told by the close that follows
      one.on("close", () => {
        ends.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const cut = () => {
    isCut = true;
    for (const end of ends) end.resetAndDestroy();
  };
  const mend = () => {
    isCut = false;
  };
  atEnd(() => {
    cut();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, mend };
};
