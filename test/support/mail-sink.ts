import { callbackify } from "node:util";
import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";

/** A mail as it was delivered: `recipients` are those of the envelope, not of the header. */
export type Mail = { recipients: string[]; subject: string; text: string; html: string; parsed: ParsedMail };
type Wanted = (mail: Mail) => boolean;
type Waiter = { wanted: Wanted; resolve: (mail: Mail) => void };

export type MailSink = {
  url: string;
  /** The first mail to the address that fits, whether it is here or yet to come. */
  waitFor(address: string, wanted?: Wanted, timeout?: number): Promise<Mail>;
  all(): Mail[];
  /** Answers the next deliveries with an SMTP error: 4xx for now, 5xx for good. */
  failNext(deliveries: number, code: number): void;
  close(): Promise<void>;
};

const toMail = (parsed: ParsedMail, recipients: string[]): Mail => ({
  recipients,
  subject: parsed.subject ?? "",
  text: parsed.text ?? "",
  html: parsed.html || "",
  parsed,
});

/** A real SMTP server that keeps what it is given. */
export const openMailSink = async (): Promise<MailSink> => {
  const mails: Mail[] = [];
  const waiters = new Set<Waiter>();
  const failing = { left: 0, code: 0 };
  const keep = (mail: Mail) => {
    mails.push(mail);
    for (const waiter of waiters) if (waiter.wanted(mail)) waiter.resolve(mail);
  };
  const refusal = () => {
    if (failing.left <= 0) return null;
    failing.left--;
    return Object.assign(new Error("not now"), { responseCode: failing.code });
  };
  const deliver = async (stream: SMTPServerDataStream, session: SMTPServerSession) => {
    const parsed = await simpleParser(stream);
    const error = refusal();
    if (error) throw error;
    keep(
      toMail(
        parsed,
        session.envelope.rcptTo.map((to) => to.address),
      ),
    );
    return "kept";
  };
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData: callbackify(deliver),
  });
  smtp.on("error", () => {}); // a client that is killed mid-mail is no failure of the sink
  await new Promise<void>((resolve) => void smtp.listen(0, "127.0.0.1", resolve));
  const address = smtp.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const waitFor = (to: string, wanted: Wanted = () => true, timeout = 5_000) => {
    const fits = (mail: Mail) => mail.recipients.includes(to) && wanted(mail);
    const here = mails.find(fits);
    if (here) return Promise.resolve(here);
    return new Promise<Mail>((resolve, reject) => {
      const others = () => mails.map((mail) => `${mail.recipients.join()}: ${mail.subject}`).join("\n");
      const giveUp = () => {
        waiters.delete(waiter);
        reject(new Error(`no such mail to ${to} in ${timeout} ms; there are:\n${others()}`));
      };
      const timer = setTimeout(giveUp, timeout);
      const waiter: Waiter = {
        wanted: fits,
        resolve(mail) {
          clearTimeout(timer);
          waiters.delete(waiter);
          resolve(mail);
        },
      };
      waiters.add(waiter);
    });
  };
  return {
    url: `smtp://127.0.0.1:${port}`,
    waitFor,
    all: () => [...mails],
    failNext: (deliveries, code) => void Object.assign(failing, { left: deliveries, code }),
    close: () => new Promise((resolve) => smtp.close(() => resolve())),
  };
};
