import type { Rule, Rules } from "../services/common/contract.ts";

export type Schema = Record<string, unknown>;

const ID = "^[1-9][0-9]{0,18}$";
const texts: Record<string, Schema> = {
  snowflake: {
    pattern: ID,
    description: "an id, a decimal string below 2^63",
    examples: ["383520713063239680"],
  },
  emailAddress: { format: "email" },
};

/**
 * Of objects, as rules declare them. What is taken may have fields that are not named: they are ignored. What is said
 * has none.
 */
export const taken = (rules: Rules): Schema => objectSchema(rules, {});
export const said = (rules: Rules): Schema => objectSchema(rules, { additionalProperties: false });

function objectSchema(rules: Rules, rest: Schema): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(rules).map(([field, rule]) => [field, schemaOf(rule, rest)]),
    ),
    required: Object.entries(rules)
      .filter(([, rule]) => rule.optional !== true && !("default" in rule))
      .map(([field]) => field),
    ...rest,
  };
}

/** Lengths in a rule count UTF-16 units, in JSON Schema code points: never fewer units. */
function schemaOf(rule: Rule, rest: Schema): Schema {
  const schema = bare(rule, rest);
  const described = rule.description === undefined ? schema : { ...schema, description: rule.description };
  return rule.nullable ? { anyOf: [described, { type: "null" }] } : described;
}

function bare(rule: Rule, rest: Schema): Schema {
  switch (rule.type) {
    case "boolean":
      return { type: "boolean" };
    case "enum":
      return rule.values.length === 1 ? { const: rule.values[0] } : { enum: [...rule.values] };
    case "array":
      return { type: "array", items: schemaOf(rule.items, rest), ...(rule.max && { maxItems: rule.max }) };
    case "object":
      return objectSchema(rule.props, rest);
    case "number":
      return given({
        type: rule.integer ? "integer" : "number",
        minimum: rule.min,
        maximum: rule.max,
        default: rule.default,
      });
    case "snowflake":
      return { type: "string", ...texts["snowflake"] };
    default:
      return given({
        type: "string",
        minLength: rule.min,
        maxLength: rule.max,
        pattern: "pattern" in rule ? rule.pattern?.source : undefined,
        ...texts[rule.type],
      });
  }
}

const given = (schema: Schema) =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
