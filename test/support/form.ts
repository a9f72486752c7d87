/** The JSON every route answers with, but for pages. */
export type Body = { type: string; payload: { message?: string; token?: string } };
export type Answer = { status: number; headers: Headers; text: string; body: Body | null };

type Sent = { headers?: Record<string, string>; method?: string; body?: string };

const isJson = (headers: Headers) => headers.get("content-type")?.startsWith("application/json") ?? false;

/** One request; `body` is null where the answer does not say it is JSON. */
export const request = async (url: string, sent: Sent = {}): Promise<Answer> => {
  const response = await fetch(url, { redirect: "manual", ...sent });
  const text = await response.text();
  const body = isJson(response.headers) ? (JSON.parse(text) as Body) : null;
  return { status: response.status, headers: response.headers, text, body };
};

export const get = (url: string, headers: Record<string, string> = {}) => request(url, { headers });

/** As the app does. */
export const postForm = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  request(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });

export const postJson = (url: string, value: unknown, headers: Record<string, string> = {}) =>
  request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof value === "string" ? value : JSON.stringify(value),
  });
