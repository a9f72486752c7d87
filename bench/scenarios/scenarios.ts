import { bigStore } from "./big-store.ts";
import { dmLatency } from "./dm-latency.ts";
import { dmThroughput } from "./dm-throughput.ts";
import { fanOut } from "./fan-out.ts";
import { history } from "./history.ts";
import { idleConnections } from "./idle-connections.ts";
import { loginStorm } from "./login-storm.ts";
import { resume } from "./resume.ts";
import { scaling } from "./scaling.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: Scenario[] = [
  ...[dmThroughput, dmLatency, idleConnections, fanOut, history, resume, loginStorm],
  ...[bigStore, scaling],
];
