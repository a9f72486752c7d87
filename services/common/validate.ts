import addresses from "email-addresses";
import type { ValidationRuleObject } from "fastest-validator";
import { Validators } from "moleculer";
import type { Rule, Rules } from "./contract.ts";
import { isName } from "./names.ts";

const MAX_ID = 2n ** 63n - 1n;
const DECIMAL = /^[1-9]\d{0,18}$/;
/** No quoted local part, no comment, no literal address: forms that mail software reads in more than one way. */
const LABEL = "[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?";
const BARE_ADDRESS = new RegExp(`^[\\w.!#$%&'*+/=?^\`{|}~-]{1,64}@(?:${LABEL}\\.)+${LABEL}$`, "i");

/** Whether a value is an id as it travels: a decimal string from 1 to 2^63 - 1, in its one spelling. */
export const isSnowflake = (value: string) => DECIMAL.test(value) && BigInt(value) <= MAX_ID;
const isText = (value: string) => value.isWellFormed() && !value.includes("\0");
const isEmailAddress = (value: string) =>
  BARE_ADDRESS.test(value) && addresses.parseOneAddress({ input: value, rejectTLD: true }) !== null;

/** A rule of ours: a string that passes `accepts`. */
const rule = (type: string, accepts: (value: string) => boolean): ValidationRuleObject =>
  ({
    type: "string",
    custom(value: unknown, errors: { type: string; actual: unknown }[]) {
      if (typeof value === "string" && !accepts(value)) errors.push({ type, actual: value });
      return value;
    },
  }) as ValidationRuleObject;

/** Moleculer's validator, taught our own rules. The same instance checks actions and wire payloads. */
export const validator = new Validators.Fastest({
  useNewCustomCheckerFunction: true,
  considerNullAsAValue: true,
  aliases: {
    snowflake: rule("snowflake", isSnowflake),
    text: rule("text", isText),
    displayName: rule("displayName", (value) => isText(value) && isName(value)),
    emailAddress: rule("emailAddress", isEmailAddress),
  },
  messages: {
    snowflake: "{field}: must be an id, a decimal string.",
    text: "{field}: must be well-formed text.",
    displayName: "{field}: must have no invisible characters, nor begin or end with a space.",
    emailAddress: "{field}: must be one e-mail address, like someone@example.org.",
    required: "{field}: is required.",
    string: "{field}: must be a string.",
    stringEmpty: "{field}: must not be empty.",
    stringMin: "{field}: must have at least {expected} character(s).",
    stringMax: "{field}: must have at most {expected} characters.",
    stringPattern: "{field}: has the wrong form.",
    stringEnum: "{field}: must be one of {expected}.",
    enumValue: "{field}: must be one of {expected}.",
    number: "{field}: must be a number.",
    numberInteger: "{field}: must be a whole number.",
    numberMin: "{field}: must be at least {expected}.",
    numberMax: "{field}: must be at most {expected}.",
  },
});

/** Makes fastest-validator as strict as the types: no stray keys, no null for "optional". */
const exact = (given: Rule): object => ({
  nullable: false,
  ...given,
  ...(given.type === "object" && { strict: true, props: exactAll(given.props) }),
  ...(given.type === "array" && { items: exact(given.items) }),
});
const exactAll = (rules: Rules) => Object.fromEntries(Object.entries(rules).map(([k, r]) => [k, exact(r)]));

/** Parameters of an action: exactly what the contract says. */
export const paramsSchema = (rules: Rules) => ({ $$strict: true, ...exactAll(rules) });

export type Complaint = { field: string; message: string };

/** A checker for what clients send: fields the rules do not name are dropped. Answers with every complaint. */
export const wireChecker = (rules: Rules) => {
  const check = validator.compile({ ...exactAll(rules), $$strict: "remove" });
  return (value: object): Complaint[] => {
    try {
      const verdict = check(value as Record<string, unknown>) as true | Complaint[];
      return verdict === true ? [] : verdict;
    } catch {
      // A value that cannot be shown in a complaint, such as {"toString": 1}, fits no rule.
      return Object.entries(value)
        .filter(([field, content]) => Object.hasOwn(rules, field) && typeof content === "object")
        .map(([field]) => ({ field, message: `${field}: has the wrong type.` }));
    }
  };
};
