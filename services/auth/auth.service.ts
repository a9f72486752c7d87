import type { Bus } from "../common/bus.ts";
import { defineService } from "../common/define-service.ts";
import { fault, isFault } from "../common/errors.ts";
import { nameKey } from "../common/names.ts";
import { auth } from "./auth.contract.ts";
import { authRepository, type Pending } from "./auth.repository.ts";
import { checkDomain, digestOf, LINK_LIFETIME_MS, newKey, normalEmail } from "./auth.rules.ts";
import { passwordHasher } from "./passwords.ts";
import { throttle } from "./throttle.ts";
import { tokenIssuer, tokenSecret } from "./tokens.ts";

const SWEEP_MS = 3_600_000;

export default defineService(auth, async ({ config, store, ids, onStop }) => {
  const db = await store();
  const repository = authRepository(db);
  const generator = await ids(db);
  const passwords = passwordHasher(config.bcryptCost, config.hashLanes);
  const tokens = tokenIssuer(tokenSecret(config));
  const limits = throttle(config.rateLimit);

  const sweep = setInterval(() => void repository.dropExpired(Date.now()).catch(() => 0), SWEEP_MS).unref();
  onStop(() => clearInterval(sweep));

  /**
   * Makes the user, then the account: each step idempotent by the id allotted at registration, so that a crash
   * between them is mended by whoever comes next, the link's owner or a rival for the name. True for the caller
   * whose account it became.
   */
  const complete = async (bus: Bus, pending: Pending, nonce: string): Promise<boolean> => {
    try {
      await bus.call("users.create", { id: pending.id, name: pending.name });
    } catch (error) {
      if (isFault(error, "NAME_TAKEN")) await repository.drop(pending.id);
      throw error;
    }
    return repository.complete(pending, nonce);
  };

  const completeClaimed = async (bus: Bus, like: Pick<Pending, "email" | "nameKey">) => {
    for (const pending of await repository.claimedLike(like)) await complete(bus, pending, pending.keyHash);
  };

  const isNameTaken = async (bus: Bus, name: string) => {
    try {
      await bus.call("users.get", { name });
      return true;
    } catch (error) {
      if (isFault(error, "USER_NOT_FOUND")) return false;
      throw error;
    }
  };

  const link = (path: string) => `${config.publicUrl}${path}`;

  return {
    actions: {
      async register(ctx) {
        const { name, password, address } = ctx.params;
        const email = normalEmail(ctx.params.email);
        checkDomain(email, config.allowedEmailDomains);
        await limits.register(email, address);
        const like = { email, nameKey: nameKey(name) };
        await completeClaimed(ctx, like);
        if (await isNameTaken(ctx, name)) throw fault("NAME_TAKEN");

        const key = newKey();
        const outcome = await repository.keepPending({
          ...like,
          id: await generator.next("user"),
          name,
          passwordHash: await passwords.hash(password),
          keyHash: digestOf(key),
          expiresAt: Date.now() + LINK_LIFETIME_MS,
          claimedAt: null,
        });
        if (outcome === "claimed") throw fault("BUSY");
        const letter =
          outcome === "kept"
            ? ({ template: "verify", link: link(`/api/v1/auth/email_verify/${key}`) } as const)
            : ({ template: "alreadyRegistered", link: link("/login") } as const);
        await ctx.call("mailer.send", { key: digestOf(key), to: email, name, ...letter });
      },

      async verify(ctx) {
        const { key, nonce } = ctx.params;
        const pending = await repository.claim(digestOf(key), Date.now());
        if (pending && (await complete(ctx, pending, nonce))) return;
        if (!(await repository.isVerifiedBy(nonce))) throw fault("BAD_LINK");
      },

      async login({ params: { email: given, password, address } }) {
        const email = normalEmail(given);
        const giveBack = await limits.login(email, address);
        const account = await repository.accountOf(email);
        if (!(await passwords.matches(password, account?.passwordHash)) || !account)
          throw fault("BAD_CREDENTIALS");
        await giveBack();
        return { token: tokens.issue(account.id) };
      },

      authenticate: async ({ params: { token } }) => ({ userId: tokens.read(token) }),
    },
  };
});
