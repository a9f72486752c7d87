import type { Scenario } from "./scenario.ts";
import { dmThroughput } from "./dm-throughput.ts";

export const scenarios: Scenario[] = [dmThroughput];
