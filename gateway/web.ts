import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";

const DIST = join(import.meta.dirname, "../web/dist");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** What a client may accept, and the ending of what the build packed so; best first. */
const ENCODINGS = { br: ".br", gzip: ".gz" };
/** Files here are named by what is in them. */
const FOREVER = /^assets\//;
const READING = new Set(["GET", "HEAD"]);

/**
 * Pictures of people are wherever they say. No string ever becomes markup or script. Not for every browser does `'self'`
 * name the WebSocket of this host, too.
 */
function policyFor({ host = "" }: IncomingHttpHeaders): string {
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
  return (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; " +
    `connect-src 'self'${sockets}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; ` +
    "require-trusted-types-for 'script'"
  );
}
const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  Vary: "Accept-Encoding",
};

type Body = { content: Buffer; encoding?: string };
/** `bodies`: the smallest first, what every client takes last. */
type File = { headers: Record<string, string> & { ETag: string }; bodies: Body[] };
const NOTHING: Body = { content: Buffer.alloc(0) };

/**
 * Serves what `npm run build:web` made, from memory: no request reaches the disk, so there is no path to get wrong.
 * @returns whether there was something to serve; an answer is then given
 */
export function webPages(dist = DIST): (request: IncomingMessage, response: ServerResponse) => boolean {
  const files = read(dist);
  return ({ method = "", url = "", headers }, response) => {
    const file = files.get(url.split("?", 1)[0] ?? "");
    if (!file || !READING.has(method)) return false;
    response.setHeader("Content-Security-Policy", policyFor(headers));
    if (headers["if-none-match"]?.includes(file.headers.ETag)) response.writeHead(304, file.headers).end();
    else answer(response, file, acceptedBy(headers["accept-encoding"]), method === "GET");
    return true;
  };
}

function answer(
  response: ServerResponse,
  { headers, bodies }: File,
  accepted: Set<string>,
  isWanted: boolean,
) {
  const { encoding, content } = bodies.find((it) => !it.encoding || accepted.has(it.encoding)) ?? NOTHING;
  const length = { "Content-Length": content.length };
  response.writeHead(200, { ...headers, ...length, ...(encoding && { "Content-Encoding": encoding }) });
  response.end(isWanted ? content : undefined);
}

/** Of what a client prefers we ask no more than whether it takes it at all. */
const acceptedBy = (header: string | string[] = "") =>
  new Set(
    String(header)
      .split(",")
      .filter((it) => !/;\s*q=0(\.0*)?\s*$/.test(it))
      .map((it) => (it.split(";", 1)[0] ?? "").trim()),
  );

function read(dist: string): Map<string, File> {
  const files = new Map<string, File>();
  for (const path of globSync("**/*", { cwd: dist })) {
    const type = TYPES[extname(path)];
    if (!type) continue;
    const file = fileAt(join(dist, path), type, FOREVER.test(path));
    files.set(`/${path}`, file);
    const [, folder] = /^(.*)index\.html$/.exec(path) ?? [];
    if (folder === undefined) continue;
    files.set(`/${folder}`, file);
    if (folder !== "") files.set(`/${folder.slice(0, -1)}`, file); // no link in it is a relative one
  }
  return files;
}

function fileAt(path: string, type: string, isForever: boolean): File {
  const content = readFileSync(path);
  const packed = Object.entries(ENCODINGS).filter(([, ending]) => existsSync(path + ending));
  return {
    headers: {
      ...HEADERS,
      "Content-Type": type,
      "Cache-Control": isForever ? "public, max-age=31536000, immutable" : "no-cache",
      ETag: `W/"${createHash("sha256").update(content).digest("base64url")}"`,
    },
    bodies: [
      ...packed.map(([encoding, ending]): Body => ({ encoding, content: readFileSync(path + ending) })),
      { content },
    ],
  };
}
