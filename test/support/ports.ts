import { createServer } from "node:net";

/** Below the ports that the system hands out by itself, which may be anybody's by the time one needs them again. */
const [LOWEST, HIGHEST] = [12_000, 32_000];
/** A gateway takes PORT, a further one the next: so many are free. */
const RUN = 5;

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, () => probe.close(() => resolve(true)));
  });

/** A port that is free, as are the four above it. Drawn at random, so that those who draw at once draw apart. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 100; tries++) {
    const port = LOWEST + RUN * Math.floor((Math.random() * (HIGHEST - LOWEST)) / RUN);
    const free = await Promise.all(Array.from({ length: RUN }, (_, i) => isFree(port + i)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no free ports");
};
