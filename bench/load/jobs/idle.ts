import { beating, each, signIn, type Stage } from "../stage.ts";

const AT_ONCE = 30;
const WARMING = 0.1;

/** Opens a socket for each user, and holds them while it is measured what they take; before that a few, for practice. */
export async function idle(stage: Stage): Promise<Record<string, number>> {
  const sockets = stage.setting("sockets");
  const first = await each(Math.ceil(sockets * WARMING), AT_ONCE, (nth) => signIn(stage, nth));
  await Promise.all(first.map((client) => client.cut()));
  await stage.mark("warm");
  const begun = performance.now();
  const clients = await each(sockets, AT_ONCE, (nth) => signIn(stage, nth));
  const signInsPerSecond = sockets / ((performance.now() - begun) / 1000);
  stage.progress(`${sockets} sockets are open`);
  const stop = beating(clients);
  await stage.mark("connected");
  stop();
  stage.failed("SOCKET_ENDED", clients.filter(({ isOpen }) => !isOpen()).length);
  return { "sign-ins/s": signInsPerSecond };
}
