import type { Rule, Rules } from "../services/common/contract.ts";

/**
 * A contract's rules as the text of TypeScript types: what services/common/contract.ts infers (`Parsed`, `Input`), for those
 * who do not have the contracts.
 */

const SCALARS: Record<string, string> = { number: "number", boolean: "boolean" };

/** @param how `given`: fields with a default may be left out */
export const rulesType = (rules: Rules, how?: "given"): string =>
  recordType(
    Object.entries(rules).map(([field, rule]) => [
      field,
      ruleType(rule),
      isOptional(rule, how),
      rule.description,
    ]),
  );

/** `fields`: name, type, whether it may be left out, and what it is. */
export const recordType = (fields: [string, string, boolean?, string?][]): string =>
  `{\n${fields.map(([field, type, optional, about]) => `${about ? `/** ${about} */\n` : ""}${JSON.stringify(field)}${optional ? "?" : ""}: ${type};`).join("\n")}\n}`;

const isOptional = (rule: Rule, how?: "given") =>
  rule.optional === true || (how === "given" && "default" in rule);

function ruleType(rule: Rule): string {
  const type = bare(rule);
  return rule.nullable ? `${type} | null` : type;
}

function bare(rule: Rule): string {
  switch (rule.type) {
    case "enum":
      return rule.values.map((value) => JSON.stringify(value)).join(" | ");
    case "array":
      return `(${ruleType(rule.items)})[]`;
    case "object":
      return rulesType(rule.props);
    default:
      return SCALARS[rule.type] ?? "string";
  }
}
