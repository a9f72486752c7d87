import { contract, type Rule } from "../common/contract.ts";
import { email, id, newName, nonce } from "../common/rules.ts";

const address = { type: "string", max: 64 } as const satisfies Rule;

export const auth = contract({
  name: "auth",
  actions: {
    register: {
      description:
        "Keeps a request for an account and mails its verification link. A registered e-mail gets another mail " +
        "and the caller no hint of it. `address` is the client's network address.",
      params: { name: newName, email, password: { type: "text", min: 8, max: 1024 }, address },
      result: null,
      timeout: 4_500,
    },
    verify: {
      description:
        "Makes the account whose verification key this is. A key works once. `nonce` makes retries safe.",
      params: { key: { type: "string", min: 1, max: 16_384 }, nonce },
      result: null,
    },
    login: {
      description:
        "A token for the account. The same answer, as late, for an unknown e-mail and a wrong password.",
      params: { email: { ...email, type: "text" }, password: { type: "text", min: 1, max: 1024 }, address },
      result: { type: "object", props: { token: { type: "string" } } },
      timeout: 4_500,
    },
    authenticate: {
      together: true,
      description: "Whose token this is. BAD_TOKEN when it is not ours, or has expired.",
      params: { token: { type: "string", min: 1, max: 4096 } },
      result: { type: "object", props: { userId: id } },
    },
  },
  events: {},
  pushes: {},
});
