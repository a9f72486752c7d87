import type { ValidationRule } from "fastest-validator";
import { Validators } from "moleculer";
import type { Rule, Rules } from "./contract.ts";

const MAX_ID = 2n ** 63n - 1n;
const DECIMAL = /^[1-9]\d{0,18}$/;

/** Whether a value is an id as it travels: a decimal string from 1 to 2^63 - 1, in its one spelling. */
export const isSnowflake = (value: unknown): value is string =>
  typeof value === "string" && DECIMAL.test(value) && BigInt(value) <= MAX_ID;

type Errors = { type: string }[];
const isWellFormed = (value: unknown) =>
  typeof value === "string" && value.isWellFormed() && !value.includes("\0");

const aliases = {
  snowflake: {
    type: "string",
    custom(value: unknown, errors: Errors) {
      if (!isSnowflake(value)) errors.push({ type: "snowflake" });
      return value;
    },
  },
  text: {
    type: "string",
    custom(value: unknown, errors: Errors) {
      if (!isWellFormed(value)) errors.push({ type: "text" });
      return value;
    },
  },
} as unknown as Record<string, ValidationRule>;

/** Moleculer's validator, taught our own rules. The same instance checks actions and wire payloads. */
export const validator = new Validators.Fastest({
  useNewCustomCheckerFunction: true,
  aliases,
  messages: {
    snowflake: "The '{field}' field must be an id, a decimal string.",
    text: "The '{field}' field must be well-formed text.",
    required: "The '{field}' field is required.",
    stringMin: "The '{field}' field must have at least {expected} character(s).",
    stringMax: "The '{field}' field must have at most {expected} characters.",
  },
});

/** Makes fastest-validator as strict as the types: no stray keys, no null for "optional". */
const exact = (rule: Rule): object => ({
  nullable: false,
  ...rule,
  ...(rule.type === "object" && { strict: true, props: exactAll(rule.props) }),
  ...(rule.type === "array" && { items: exact(rule.items) }),
});
const exactAll = (rules: Rules) => Object.fromEntries(Object.entries(rules).map(([k, r]) => [k, exact(r)]));

/** Parameters of an action: exactly what the contract says. */
export const paramsSchema = (rules: Rules) => ({ $$strict: true, ...exactAll(rules) });

export type Complaint = { field: string; message: string };
/** A checker for what clients send: fields the rules do not name are dropped. Answers with every complaint. */
export const wireChecker = (rules: Rules) => {
  const check = validator.compile({ $$strict: "remove", ...exactAll(rules) });
  return (value: object): Complaint[] => {
    const verdict = check(value as Record<string, unknown>) as true | Complaint[];
    return verdict === true ? [] : verdict;
  };
};
