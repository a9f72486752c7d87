import { destination, type DestinationStream } from "pino";

const STDERR = 2;

/** JSON lines on standard error; lines for people where that is a terminal. */
export async function logDestination(): Promise<DestinationStream> {
  if (!process.stderr.isTTY) return destination(STDERR);
  const { PinoPretty } = await import("pino-pretty"); // not loaded where nobody looks
  return PinoPretty({ destination: STDERR, sync: true, ignore: "pid,hostname,nodeID,ns,mod,svc,ver" });
}
