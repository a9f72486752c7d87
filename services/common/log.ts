import { destination, type DestinationStream } from "pino";
import { PinoPretty } from "pino-pretty";

const STDERR = 2;

/** JSON lines on standard error; lines for people where that is a terminal. */
export const logDestination = (): DestinationStream =>
  process.stderr.isTTY
    ? PinoPretty({ destination: STDERR, sync: true, ignore: "pid,hostname,nodeID,ns,mod,svc,ver" })
    : destination(STDERR);
