import { defineService } from "../common/define-service.ts";
import { fault } from "../common/errors.ts";
import { auth } from "./auth.contract.ts";
import { authRepository } from "./auth.repository.ts";
import { checkDomain, normalEmail } from "./auth.rules.ts";
import { passwordHasher } from "./passwords.ts";
import { registration } from "./registration.ts";
import { throttle } from "./throttle.ts";
import { tokenIssuer, tokenSecret } from "./tokens.ts";

const SWEEP_MS = 3_600_000;

export default defineService(auth, async ({ config, store, ids, meter, onStop }) => {
  const db = await store();
  const repository = authRepository(db);
  const registrations = registration(repository, await ids(db), config);
  const passwords = passwordHasher(config.bcryptCost, config.hashLanes);
  meter.watch("rewind.auth.hashes.waiting", {}, () => passwords.waiting());
  const tokens = tokenIssuer(tokenSecret(config));
  const limits = throttle(config.rateLimit);

  const sweep = setInterval(() => void repository.dropExpired(Date.now()).catch(() => 0), SWEEP_MS).unref();
  onStop(() => clearInterval(sweep));

  return {
    actions: {
      async register(ctx) {
        const { name, password, address } = ctx.params;
        const email = normalEmail(ctx.params.email);
        checkDomain(email, config.allowedEmailDomains);
        await limits.register(email, address);
        await registrations.checkName(ctx, email, name);
        await registrations.keep(ctx, { name, email, passwordHash: await passwords.hash(password) });
      },

      verify: (ctx) => registrations.verify(ctx, ctx.params.key, ctx.params.nonce),

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
