import type { ActionName } from "../services/common/bus.ts";
import type { ActionSpec } from "../services/common/contract.ts";
import { contracts } from "../services/contracts.ts";

const specs = contracts as Record<string, { actions: Record<string, ActionSpec> }>;
const NAMED = /`(\w+)`/g;
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * What a contract says of an action, as a client sees it: fields have the spelling of the wire, and of parameters that
 * the gateway adds nothing is said.
 * @param input the parameters that a client gives
 */
export function descriptionOf(action: ActionName, input: object): string {
  const [service = "", name = ""] = action.split(".");
  const { description = "", params = {} } = specs[service]?.actions[name] ?? {};
  const isAdded = (field: string) => Object.hasOwn(params, field) && !Object.hasOwn(input, snake(field));
  return description
    .split(/(?<=\.) /)
    .filter((sentence) => ![...sentence.matchAll(NAMED)].some(([, field = ""]) => isAdded(field)))
    .join(" ")
    .replace(NAMED, (_, field: string) => `\`${snake(field)}\``);
}
