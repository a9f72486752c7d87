import type { Client, Where } from "./client.ts";
import { dialects } from "./dialects.ts";
import type { Job } from "./job.ts";

/** What a job works with. */
export type Stage = {
  job: Job;
  /** @throws where it was not given */
  setting(name: string): number;
  /** Users go round the gateways. */
  urlFor(nth: number): string;
  /** Resolves when whoever measures has done so. */
  mark(name: string): Promise<void>;
  progress(text: string): void;
  failed(what: string, times?: number): void;
};

export const user = ({ job }: Stage, nth: number) => job.users[nth] ?? { id: "", token: "" };

/** The n-th user, and the gateway of its own number or of another. */
export const whereOf = (stage: Stage, nth: number, door = nth): Where => ({
  ...{ url: stage.urlFor(door), user: user(stage, nth) },
});
export const signIn = (stage: Stage, nth: number, door = nth): Promise<Client> =>
  dialects[stage.job.dialect](whereOf(stage, nth, door));

/** Does `work` for 0 to `count` - 1, so many at a time; results are in that order. */
export async function each<T>(
  count: number,
  atOnce: number,
  work: (nth: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = Array.from({ length: count });
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const nth = next;
      next += 1;
      results[nth] = await work(nth);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return results;
}

const BEAT_MS = 20_000;
/** Keeps sockets open that would be closed for their silence; what it returns ends that. */
export function beating(clients: Client[]): () => void {
  const timer = setInterval(() => {
    for (const client of clients) client.beat();
  }, BEAT_MS);
  return () => clearInterval(timer);
}
