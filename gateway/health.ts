import type { ServiceBroker } from "moleculer";
import type { ActionName, Bus } from "../services/common/bus.ts";
import { contracts } from "../services/contracts.ts";

/** `up`, or what keeps a part from working. */
export type Readiness = { ready: boolean; parts: Record<string, string> };

const WAIT_MS = 1_500;

/** Asks the broker and every service, each of which asks its store. Takes WAIT_MS at most. */
export async function readiness(bus: Bus, broker: ServiceBroker): Promise<Readiness> {
  const names = Object.keys(contracts);
  const checked = names.map(async (name): Promise<[string, string]> => {
    // Asking what is not there would be worth a warning to the broker, each time.
    if (!broker.registry.actions.isAvailable(`${name}.ready`)) return [name, "down: nobody offers it"];
    try {
      await bus.call(`${name}.ready` as ActionName, {} as never, { timeout: WAIT_MS, retries: 0 });
      return [name, "up"];
    } catch (error) {
      return [name, `down: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  const parts = Object.fromEntries(await Promise.all(checked));
  if (broker.transit) parts["nats"] = broker.transit.tx.connected ? "up" : "down: not connected";
  return { ready: Object.values(parts).every((state) => state === "up"), parts };
}
