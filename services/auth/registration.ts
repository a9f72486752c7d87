import type { Bus } from "../common/bus.ts";
import type { Config } from "../common/config.ts";
import { fault, isFault } from "../common/errors.ts";
import type { Ids } from "../common/ids.ts";
import { nameKey } from "../common/names.ts";
import type { AuthRepository, Pending } from "./auth.repository.ts";
import { digestOf, LINK_LIFETIME_MS, newKey } from "./auth.rules.ts";

type Applicant = { name: string; email: string; passwordHash: string };
type Like = Pick<Pending, "email" | "nameKey">;

/**
 * A verified registration, as a small saga over two services: the user is made, then the account. Each step is
 * idempotent by the id that was allotted when the request was kept, so a crash between them is mended by whoever
 * comes next: the link's owner, or a rival for the name or e-mail.
 */
export function registration(repository: AuthRepository, ids: Ids, { publicUrl }: Config) {
  /** True for the one caller whose account it became. */
  const complete = async (bus: Bus, pending: Pending, nonce: string): Promise<boolean> => {
    try {
      await bus.call("users.create", { id: pending.id, name: pending.name });
    } catch (error) {
      if (isFault(error, "NAME_TAKEN")) await repository.drop(pending.id); // it can never be completed
      throw error;
    }
    return repository.complete(pending, nonce);
  };

  const completeClaimed = async (bus: Bus, like: Like) => {
    for (const pending of await repository.claimedLike(like)) await complete(bus, pending, pending.keyHash);
  };

  const isNameTaken = async (bus: Bus, name: string): Promise<boolean> => {
    try {
      await bus.call("users.get", { name });
      return true;
    } catch (error) {
      if (isFault(error, "USER_NOT_FOUND")) return false;
      throw error;
    }
  };

  return {
    /** @throws NAME_TAKEN */
    async checkName(bus: Bus, email: string, name: string): Promise<void> {
      await completeClaimed(bus, { email, nameKey: nameKey(name) });
      if (await isNameTaken(bus, name)) throw fault("NAME_TAKEN");
    },

    /** Keeps the request and mails its link; where the e-mail has an account, mails that instead. */
    async keep(bus: Bus, { name, email, passwordHash }: Applicant): Promise<void> {
      const key = newKey();
      const outcome = await repository.keepPending({
        id: ids.next("user"),
        ...{ email, name, nameKey: nameKey(name), passwordHash },
        ...{ keyHash: digestOf(key), expiresAt: Date.now() + LINK_LIFETIME_MS, claimedAt: null },
      });
      if (outcome === "claimed") throw fault("BUSY");
      const letter =
        outcome === "kept"
          ? ({ template: "verify", link: `${publicUrl}/api/v1/auth/email_verify/${key}` } as const)
          : ({ template: "alreadyRegistered", link: `${publicUrl}/login` } as const);
      await bus.call("mailer.send", { key: digestOf(key), to: email, name, ...letter });
    },

    /** Makes the account of a key. `nonce` tells a retry from a second use. @throws BAD_LINK, NAME_TAKEN */
    async verify(bus: Bus, key: string, nonce: string): Promise<void> {
      const pending = await repository.claim(digestOf(key), Date.now());
      if (pending && (await complete(bus, pending, nonce))) return;
      if (!(await repository.isVerifiedBy(nonce))) throw fault("BAD_LINK");
    },
  };
}
