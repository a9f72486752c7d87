import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { atEnd } from "../support/server.ts";

/** A way to a gateway that can be cut, with whatever is on it in either direction. */
export type Relay = {
  /** To be used instead of the gateway's URL. */
  readonly url: string;
  /** Ends every connection at once; new ones can be made. */
  cut(): void;
};

export const relayTo = async (gateway: string): Promise<Relay> => {
  const { hostname, port } = new URL(gateway);
  const ends = new Set<Socket>();
  const server = createServer((near) => {
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
    for (const end of ends) end.resetAndDestroy();
  };
  atEnd(() => {
    cut();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
};
