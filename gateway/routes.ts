import type { ActionName, InputOf, ResultOf } from "../services/common/bus.ts";
import type { Parsed, Rules } from "../services/common/contract.ts";
import { contracts } from "../services/contracts.ts";
import type { FaultType } from "../services/common/errors.ts";
import type { Failure } from "./failures.ts";
import * as pages from "./pages/pages.ts";
import type { Outgoing } from "./protocol.ts";

/** Who asked. `nonce` is new for each request. */
export type Asker = { address: string; nonce: string };
export type PageEnv = { devMailbox: boolean };

/** An action reached over HTTP: 201 and JSON, or a page for a browser that asks for one. */
export type ApiRoute = {
  action: ActionName;
  writes: boolean;
  /** What is taken from the form or JSON body, or from the path. */
  input: Rules;
  params(input: never, asker: Asker): object;
  /** What the reply is, for the documents. */
  says: { type: string; payload: Rules };
  reply(result: never): Outgoing;
  /** What may be wrong besides what may be with any request; for the documents. */
  faults: readonly FaultType[];
  page(result: never, env: PageEnv): string;
  problemPage(failure: Failure, input: Record<string, unknown>): string;
};
/** A page that only shows something. */
export type PageRoute = { page(env: PageEnv): string };
/** The development mailbox: while there is one, for those at this machine. */
export type MailboxRoute = { mailbox: true };

type Api<A extends ActionName, P extends Rules> = {
  action: A;
  writes: boolean;
  input: P;
  params(input: Parsed<P>, asker: Asker): InputOf<A>;
  says: ApiRoute["says"];
  reply(result: ResultOf<A>): Outgoing;
  faults: readonly FaultType[];
  page(result: ResultOf<A>, env: PageEnv): string;
  problemPage(failure: Failure, input: Record<string, unknown>): string;
};
const api = <A extends ActionName, const P extends Rules>(route: Api<A, P>): ApiRoute => route;

const answer = <P extends Rules, R>(type: string, payload: P, payloadOf: (result: R) => Parsed<P>) => ({
  says: { type, payload },
  reply: (result: R): Outgoing => ({ type, payload: payloadOf(result) }),
});
const info = <const M extends string>(message: M) =>
  answer("info", { message: { type: "enum", values: [message] } }, () => ({ message }) as never);
const typed = (value: unknown) => (typeof value === "string" ? value : "");
/** Problems of single fields, else the one sentence. */
const problemsOf = ({ problems, reason }: Failure) =>
  problems.length > 0 ? problems : [{ field: "", message: reason }];

const { name, email, password } = contracts.auth.actions.register.params;
const { login } = contracts.auth.actions;
const { key } = contracts.auth.actions.verify.params;

/** Method and path -> action. What is not here is not there. */
export const routes = {
  "POST /api/v1/auth/register": api({
    action: "auth.register",
    writes: true,
    input: { name, email, password },
    params: (input, { address }) => ({ ...input, address }),
    ...info("successfully created an account creation request."),
    faults: ["NAME_TAKEN", "THROTTLED", "BUSY"],
    page: (_, env) => pages.registered(env),
    problemPage: (failure, input) =>
      pages.registerForm({
        values: { name: typed(input["name"]), email: typed(input["email"]) },
        problems: problemsOf(failure),
      }),
  }),
  "GET /api/v1/auth/email_verify/:key": api({
    action: "auth.verify",
    writes: true,
    input: { key },
    params: (input, { nonce }) => ({ ...input, nonce }),
    ...info("account successfully created."),
    faults: ["NAME_TAKEN", "BAD_LINK"],
    page: () => pages.verified(),
    problemPage: ({ type, status, reason }) =>
      type === "BAD_LINK" ? pages.linkExpired() : pages.problem({ status, message: reason }),
  }),
  "POST /api/v1/auth/login": api({
    action: "auth.login",
    writes: false,
    input: { email: login.params.email, password: login.params.password },
    params: (input, { address }) => ({ ...input, address }),
    ...answer("auth", login.result.props, (token: ResultOf<"auth.login">) => token),
    faults: ["BAD_CREDENTIALS", "THROTTLED", "BUSY"],
    page: (token) => pages.loggedIn(token),
    problemPage: (failure, input) =>
      pages.loginForm({ values: { email: typed(input["email"]) }, problems: problemsOf(failure) }),
  }),
  "GET /": { page: (env: PageEnv) => pages.home(env) },
  "GET /register": { page: () => pages.registerForm() },
  "GET /login": { page: () => pages.loginForm() },
  "GET /dev/mail": { mailbox: true },
} satisfies Record<string, ApiRoute | PageRoute | MailboxRoute>;
