import { isDuplicate, type Store } from "../common/db.ts";

export type Account = {
  id: string;
  email: string;
  passwordHash: string;
  verifyNonce: string;
  createdAt: number;
};
/** A registration on its way. Once claimed, by its key, it is completed and no longer replaced. */
export type Pending = {
  id: string;
  email: string;
  name: string;
  nameKey: string;
  passwordHash: string;
  keyHash: string;
  expiresAt: number;
  claimedAt: number | null;
};

export function authRepository({ knex, transaction }: Store) {
  const accounts = () => knex<Account>("accounts");
  const pending = () => knex<Pending>("pending");
  const sameAs = ({ email, nameKey }: Pick<Pending, "email" | "nameKey">) =>
    pending().where((either) => either.where({ email }).orWhere({ nameKey }));

  return {
    accountOf: (email: string): Promise<Account | undefined> => accounts().where({ email }).first(),
    isVerifiedBy: async (verifyNonce: string): Promise<boolean> =>
      (await accounts().where({ verifyNonce }).first("id")) !== undefined,

    claimedLike: (like: Pick<Pending, "email" | "nameKey">): Promise<Pending[]> =>
      sameAs(like).whereNotNull("claimedAt"),

    /**
     * Keeps a registration in place of all unclaimed ones with its name or e-mail.
     * `registered`: the e-mail has an account. `claimed`: another registration with the name or e-mail is being
     * completed. Nothing is changed then.
     */
    async keepPending(fresh: Pending): Promise<"kept" | "registered" | "claimed"> {
      const registered = new Error("registered");
      try {
        await transaction(async (trx) => {
          await sameAs(fresh).transacting(trx).whereNull("claimedAt").delete();
          await trx<Pending>("pending").insert(fresh);
          // Read last: a completion that ran meanwhile has committed by now.
          const account = await trx<Account>("accounts")
            .where({ email: fresh.email })
            .forUpdate()
            .first("id");
          if (account) throw Object.assign(registered, { type: "REGISTERED" });
        });
        return "kept";
      } catch (error) {
        if (error === registered) return "registered";
        if (isDuplicate(error)) return "claimed";
        throw error;
      }
    },

    /** The registration with this key, marked for completion; undefined when there is none, or it has expired. */
    async claim(keyHash: string, now: number): Promise<Pending | undefined> {
      await pending()
        .where({ keyHash, claimedAt: null })
        .where("expiresAt", ">", now)
        .update({ claimedAt: now });
      return pending().where({ keyHash }).whereNotNull("claimedAt").first();
    },

    /** Turns a claimed registration into an account: true for exactly one caller. */
    complete: ({ id, email, passwordHash }: Pending, verifyNonce: string): Promise<boolean> =>
      transaction(async (trx) => {
        if ((await trx<Pending>("pending").where({ id }).delete()) !== 1) return false;
        await trx<Account>("accounts").insert({
          id,
          email,
          passwordHash,
          verifyNonce,
          createdAt: Date.now(),
        });
        return true;
      }),

    drop: (id: string) => pending().where({ id }).delete(),
    dropExpired: (now: number) => pending().whereNull("claimedAt").where("expiresAt", "<=", now).delete(),
  };
}
export type AuthRepository = ReturnType<typeof authRepository>;
