import { batch } from "@preact/signals";

/** A page that is not seen has no frames. */
const AT_LATEST_MS = 250;

/** Collects what is to be done, and does it in order, as one change, in the next frame. */
export class Frames {
  #jobs: (() => void)[] = [];
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  add(job: () => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length > 1) return;
    this.#frame = requestAnimationFrame(() => this.#run());
    this.#timer = setTimeout(() => this.#run(), AT_LATEST_MS);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#jobs = [];
  }

  #run(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    const jobs = this.#jobs;
    this.#jobs = [];
    batch(() => {
      for (const job of jobs) run(job);
    });
  }
}

/** One that fails is reported as any script that does, and keeps no other from its turn. */
function run(job: () => void): void {
  try {
    job();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
