export type Line = { by: "client" | "server" | "end"; text: string };
export type LiveSocket = { send(text: string): void; close(): void };

/** A socket to this very server. It beats by itself, of which nothing is told; with a token it signs in and syncs. */
export function openSocket(token: string, tell: (line: Line) => void): LiveSocket {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, "rewind.v2");
  let beat: ReturnType<typeof setInterval> | undefined;
  const send = (text: string) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    tell({ by: "client", text });
    socket.send(text);
  };
  const begin = (interval: number) => {
    beat = setInterval(() => socket.send(JSON.stringify({ type: "heartbeat" })), interval);
    if (token === "") return;
    send(JSON.stringify({ type: "auth", payload: { auth: token }, ref: "auth" }));
    send(JSON.stringify({ type: "sync", payload: {}, ref: "sync" }));
  };
  socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
    const { type, payload } = JSON.parse(data) as { type: string; payload: Record<string, unknown> };
    if (type === "heartbeat") return;
    tell({ by: "server", text: data });
    if (type === "hello") begin(Number(payload["heartbeat_interval_ms"]));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    clearInterval(beat);
    tell({ by: "end", text: `closed: ${code} ${reason}` });
  });
  return { send, close: () => socket.close() };
}
