import { useEffect, useRef, useState } from "preact/hooks";
import { frameLike, requests } from "./asyncapi.ts";
import { openSocket, type Line, type LiveSocket } from "./live-socket.ts";

const MOST_LINES = 200;
const names = { client: "sent", server: "heard", end: "the end" };
const exampleOf = (name: string) => {
  const request = requests.find((it) => it.name === name);
  return request ? JSON.stringify(frameLike(request.message), undefined, 2) : "";
};

/** Frames, sent to this very server by hand. */
export function Console() {
  const [lines, setLines] = useState<Line[]>([]);
  const [token, setToken] = useState("");
  const [socket, setSocket] = useState<LiveSocket>();
  const current = useRef<LiveSocket>(undefined);
  useEffect(() => () => current.current?.close(), []);
  const tell = (line: Line) => {
    setLines((before) => [...before, line].slice(-MOST_LINES));
    if (line.by === "end") setSocket(undefined);
  };
  const toggle = (event: SubmitEvent) => {
    event.preventDefault();
    if (socket) return socket.close();
    setLines([]);
    current.current = openSocket(token.trim(), tell);
    setSocket(current.current);
  };
  return (
    <section id="socket/try" aria-labelledby="console-name">
      <h2 id="console-name">Try it</h2>
      <form class="try" onSubmit={toggle}>
        <div class="field">
          <label for="console-token">Token</label>
          <p class="hint">
            Of a <a href="#http/auth.login">login</a>. With it, <code>auth</code> and <code>sync</code> are
            said at once.
          </p>
          <input
            id="console-token"
            autocomplete="off"
            spellcheck={false}
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </div>
        <button type="submit">{socket ? "Disconnect" : "Connect"}</button>
      </form>
      {socket && <Sender socket={socket} />}
      {lines.length > 0 && <Log lines={lines} />}
    </section>
  );
}

function Sender({ socket }: { socket: LiveSocket }) {
  const [frame, setFrame] = useState(exampleOf("load/friends"));
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    socket.send(frame);
  };
  return (
    <form class="try" onSubmit={send}>
      <div class="field">
        <label for="console-request">Request</label>
        <select
          id="console-request"
          onChange={({ currentTarget }) => setFrame(exampleOf(currentTarget.value))}
        >
          {requests.map(({ name }) => (
            <option key={name} selected={name === "load/friends"}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="console-frame">Frame</label>
        <textarea
          id="console-frame"
          rows={8}
          spellcheck={false}
          value={frame}
          onInput={({ currentTarget }) => setFrame(currentTarget.value)}
        />
      </div>
      <button type="submit">Send</button>
    </form>
  );
}

const Log = ({ lines }: { lines: Line[] }) => (
  <div role="log" aria-label="Frames">
    <ol class="log">
      {lines.map(({ by, text }, i) => (
        <li key={i}>
          <span class="soft">{names[by]}</span> <code>{text}</code>
        </li>
      ))}
    </ol>
  </div>
);
