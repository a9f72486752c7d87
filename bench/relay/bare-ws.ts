/** A server of WebSockets that does nothing with them: what a socket costs at the least. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
const sockets = new Set<unknown>();
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("message", () => {});
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
});
process.on("SIGTERM", () => process.exit(0));
await once(server, "listening");
process.stdout.write(`ready ws://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
