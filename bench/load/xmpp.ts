/**
 * XMPP over WebSocket (RFC 7395), as much of it as is needed. A frame is one element, and is searched, not parsed: that the
 * generator parses XML is not what is measured.
 */
import type { WebSocket } from "ws";
import { lifeOf, SOCKET_ENDED, socketTo, type Answer, type Client, type Where } from "./client.ts";

export const XMPP_DOMAIN = "localhost";
const FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
const SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND = "urn:ietf:params:xml:ns:xmpp-bind";
const ACKS = "urn:xmpp:sm:3"; // XEP-0198
const ASK = `<r xmlns='${ACKS}'/>`;
const OPEN = `<open xmlns='${FRAMING}' to='${XMPP_DOMAIN}' version='1.0'/>`;
const REFUSED = /^<(failure|failed|stream:error|close)|type=.error./;

let resources = 0;
let messages = 0;

/** @returns a function that sends something and resolves when a frame comes that contains `answer` */
function asking(socket: WebSocket): (text: string, answer: string) => Promise<void> {
  return (text, answer) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const hear = (data: Buffer) => {
      const frame = data.toString();
      if (REFUSED.test(frame)) reject(new Error(frame));
      else if (frame.includes(answer)) resolve();
    };
    const end = () => reject(new Error(SOCKET_ENDED));
    socket.on("message", hear).on("close", end).send(text);
    return promise.finally(() => socket.off("message", hear).off("close", end));
  };
}

/** As a client by the book: a resource of its own, and acks in both directions. They count from `enabled` on. */
async function signIn(socket: WebSocket, { user }: Where): Promise<void> {
  const ask = asking(socket);
  resources += 1;
  const plain = Buffer.from(`\0${user.id}\0${user.token}`).toString("base64");
  const resource = `<resource>bench-${resources}</resource>`;
  await ask(OPEN, "<stream:features");
  await ask(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`, "<success");
  await ask(OPEN, "<stream:features");
  await ask(
    `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='${BIND}'>${resource}</bind></iq>`,
    "bind",
  );
  await ask(`<enable xmlns='${ACKS}'/>`, "<enabled");
}

const between = (text: string, before: string, after: string): string => {
  const from = text.indexOf(before) + before.length;
  return text.slice(from, text.indexOf(after, from));
};

/**
 * Acks of what is sent: a session handles one element after the other, and an `<r/>` behind a message is answered when that
 * message is in the sender's archive, and not necessarily in the receiver's. `heard` is told how many were handled in all.
 */
function acknowledged() {
  const waiting: ((answer: Answer) => void)[] = [];
  let handled = 0;
  return {
    waits: (hear: (answer: Answer) => void) => void waiting.push(hear),
    heard(count: number) {
      for (const hear of waiting.splice(0, count - handled)) hear({});
      handled = count;
    },
    ended() {
      for (const hear of waiting.splice(0)) hear({ error: SOCKET_ENDED });
    },
  };
}

/** Opens a socket, signs in, and is present: from then on it hears of everything. Contents are of letters and digits. */
export async function connectXmpp(where: Where): Promise<Client> {
  const socket = await socketTo(`${where.url}/ws`, ["xmpp"]);
  await signIn(socket, where);
  const acks = acknowledged();
  let received = 0;
  let onMessage = (frame: string) => client.onMessage(between(frame, "<body>", "</body>"));
  const client: Client = {
    ...lifeOf(socket),
    onMessage: () => {},
    send(peer, content, hear) {
      acks.waits(hear);
      if (socket.readyState !== socket.OPEN) return acks.ended();
      messages += 1;
      const to = "user_id" in peer ? peer.user_id : "";
      const about = `xmlns='jabber:client' to='${to}@${XMPP_DOMAIN}' type='chat' id='bench-${messages}'`;
      socket.send(`<message ${about}><body>${content}</body></message>`);
      socket.send(ASK);
    },
    count: (hear) => void (onMessage = hear),
    beat: () => {}, // the server pings
  };
  socket.on("message", (data: Buffer) => {
    const frame = data.toString();
    if (frame.startsWith("<a ")) return acks.heard(Number(between(frame, " h='", "'")));
    if (frame.startsWith("<r ")) return socket.send(`<a xmlns='${ACKS}' h='${received}'/>`);
    received += 1;
    if (frame.startsWith("<message")) onMessage(frame);
  });
  socket.on("close", acks.ended);
  acks.waits(() => {});
  await asking(socket)("<presence xmlns='jabber:client'/>", "<presence");
  return client;
}
