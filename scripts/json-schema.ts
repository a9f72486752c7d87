import type { Rule, Rules } from "../services/common/contract.ts";

type Schema = Record<string, unknown>;

const ID = "^[1-9][0-9]{0,18}$";
const texts: Record<string, Schema> = {
  snowflake: { pattern: ID, description: "an id, a decimal string below 2^63" },
  emailAddress: { format: "email" },
};

/** The JSON Schema of a rule. Lengths in a rule count UTF-16 units, in JSON Schema code points: never fewer units. */
export function schemaOf(rule: Rule): Schema {
  const schema = bare(rule);
  const described = rule.description === undefined ? schema : { ...schema, description: rule.description };
  return rule.nullable ? { anyOf: [described, { type: "null" }] } : described;
}

/** The JSON Schema of an object. Fields that are not named are ignored. */
export const objectSchema = (rules: Rules): Schema => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(rules).map(([field, rule]) => [field, schemaOf(rule)])),
  required: Object.entries(rules)
    .filter(([, rule]) => rule.optional !== true && !("default" in rule))
    .map(([field]) => field),
});

function bare(rule: Rule): Schema {
  switch (rule.type) {
    case "boolean":
      return { type: "boolean" };
    case "enum":
      return rule.values.length === 1 ? { const: rule.values[0] } : { enum: [...rule.values] };
    case "array":
      return { type: "array", items: schemaOf(rule.items), ...(rule.max && { maxItems: rule.max }) };
    case "object":
      return objectSchema(rule.props);
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
