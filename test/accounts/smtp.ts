import { callbackify } from "node:util";
import { simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";

export type Delivery = { from: string; recipients: string[]; header: string; text: string; html: string };
export type Refusal = { code: number; message: string };
export type Smtp = {
  port: number;
  url: string;
  /** What was taken. */
  kept: Delivery[];
  /** What was offered, taken or not. */
  offered: Delivery[];
  /** Logins as `user:password`. */
  logins: string[];
  close(): Promise<void>;
};
type Options = {
  /** Any free one where not given. */
  port?: number;
  /** Null takes the mail. */
  judge?: (delivery: Delivery) => Refusal | null;
};

const senderOf = ({ envelope: { mailFrom } }: SMTPServerSession) => (mailFrom ? mailFrom.address : "");

/** An SMTP server on a port of one's choice, that takes logins and refuses what it is told to. */
export const openSmtp = async ({ port = 0, judge = () => null }: Options = {}): Promise<Smtp> => {
  const kept: Delivery[] = [];
  const offered: Delivery[] = [];
  const logins: string[] = [];
  const onData = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const parsed = await simpleParser(stream);
    const delivery = {
      from: senderOf(session),
      recipients: session.envelope.rcptTo.map(({ address }) => address),
      header: parsed.from?.text ?? "",
      text: parsed.text ?? "",
      html: parsed.html || "",
    };
    offered.push(delivery);
    const refusal = judge(delivery);
    if (refusal) throw Object.assign(new Error(refusal.message), { responseCode: refusal.code });
    kept.push(delivery);
    return "kept";
  };
  const smtp = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      logins.push(`${username}:${password}`);
      done(null, { user: username });
    },
    onData: callbackify(onData),
  });
  smtp.on("error", () => {}); // a client that is killed mid-mail
  await new Promise<void>((resolve, reject) => {
    smtp.server.once("error", reject);
    smtp.listen(port, "127.0.0.1", resolve);
  });
  const address = smtp.server.address();
  const bound = typeof address === "object" && address ? address.port : 0;
  return {
    port: bound,
    url: `smtp://127.0.0.1:${bound}`,
    kept,
    offered,
    logins,
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
};

/** Waits until something holds. */
export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 15_000,
): Promise<void> => {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
