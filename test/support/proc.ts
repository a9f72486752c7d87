import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What Linux tells of processes. One that went away while one was looking has nothing to tell. */
const tryRead = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};
const text = (path: string) => tryRead(() => readFileSync(path, "utf8"), "");
const pids = () => readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));

const environText = (pid: number | string) => text(`/proc/${pid}/environ`);

/** The environment a process was started with. */
export const environOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    environText(pid)
      .split("\0")
      .map((entry) => /^([^=]+)=(.*)$/s.exec(entry))
      .filter((match) => match !== null)
      .map(([, name = "", value = ""]) => [name, value]),
  );

/** The processes that were started with a text in their environment. */
export const processesWith = (wanted: string): number[] =>
  pids()
    .filter((pid) => environText(pid).includes(wanted))
    .map(Number);

export const isAlive = (pid: number): boolean => /^\d+ \(.*\) [^ZX]/s.test(text(`/proc/${pid}/stat`));

export const residentMib = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;

type Socket = { localPort: number; remotePort: number; isListening: boolean; inode: string };
const portOf = (address = "") => Number.parseInt(address.split(":")[1] ?? "", 16);
const tcpSockets = (): Socket[] =>
  ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => text(file).trim().split("\n").slice(1))
    .map((row) => row.trim().split(/\s+/))
    .map((fields) => ({
      localPort: portOf(fields[1]),
      remotePort: portOf(fields[2]),
      isListening: fields[3] === "0A",
      inode: `socket:[${fields[9]}]`,
    }));

const filesOf = (pid: number | string): Set<string> =>
  new Set(
    tryRead(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
      tryRead(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ""),
    ),
  );

/** The TCP sockets of a process. */
export const socketsOf = (pid: number): Socket[] => {
  const files = filesOf(pid);
  return tcpSockets().filter(({ inode }) => files.has(inode));
};

const groupOf = (pid: string) =>
  Number(
    text(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, "")
      .split(" ")[2],
  );
const inGroup = (group: number) => pids().filter((pid) => groupOf(pid) === group);

/** The process of a group that listens on a port: the server itself, below npm and its shell. */
export const listenerOf = (group: number, port: number): number => {
  const listening = tcpSockets().filter(({ localPort, isListening }) => isListening && localPort === port);
  const holds = (pid: string) => {
    const files = filesOf(pid);
    return listening.some(({ inode }) => files.has(inode));
  };
  const pid = inGroup(group).find(holds);
  if (!pid) throw new Error(`no process of group ${group} listens on port ${port}`);
  return Number(pid);
};

/** The process of a group whose command line has an argument that begins with a text. */
export const processOf = (group: number, argument: string): number => {
  const pid = inGroup(group).find((it) => text(`/proc/${it}/cmdline`).includes(`\0${argument}`));
  if (!pid) throw new Error(`no process of group ${group} runs ${argument}`);
  return Number(pid);
};
