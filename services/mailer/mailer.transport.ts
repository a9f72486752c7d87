import { createTransport } from "nodemailer";
import type { Logger } from "moleculer";
import type { Config } from "../common/config.ts";
import type { Mail } from "./mailer.repository.ts";

/** Where mails go. `deliver` resolves once the mail is out of our hands, and rejects where it may be tried again. */
export type Transport = { keepsText: boolean; deliver(mail: Mail): Promise<void>; close(): void };

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

/** The envelope is set by hand: nodemailer would read several recipients out of one crafted address. */
function smtp(url: string, from: string): Transport {
  const transporter = createTransport({ url, pool: true, maxConnections: 2, ...TIMEOUTS });
  return {
    keepsText: false,
    async deliver({ id, recipient, subject, text, html }) {
      const sender = new URL(url).hostname;
      await transporter.sendMail({
        from,
        to: { name: "", address: recipient },
        envelope: { from: bareAddress(from), to: [recipient] },
        messageId: `<${id}@${sender}>`,
        subject,
        text,
        html,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
    close: () => transporter.close(),
  };
}

const bareAddress = (from: string) => /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from;

/** Development: the mail stays in the store, for the mailbox page, and its link is logged. */
const mailbox = (log: Logger): Transport => ({
  keepsText: true,
  async deliver({ recipient, subject, text }) {
    log.info(`mail to ${recipient}: ${subject} ${/https?:\/\/\S+/.exec(text)?.[0] ?? ""}`);
  },
  close: () => {},
});

/** Undefined in production without SMTP_URL: mails then wait in the queue. */
export function transportFor(config: Config, log: Logger): Transport | undefined {
  if (config.smtpUrl !== undefined) return smtp(config.smtpUrl, config.mailFrom);
  if (config.devMailbox) return mailbox(log);
  log.warn("SMTP_URL is not set: mails wait in the queue until it is");
  return undefined;
}
