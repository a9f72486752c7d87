import { fault } from "../services/common/errors.ts";
import type { Protocol } from "./protocol.ts";
import type { Frame } from "./session.ts";

/** A frame as it was written. */
export type Request = { text: string; type: unknown; payload: unknown; ref?: string };
export type Payload = Record<string, unknown>;

const MAX_REF = 64;
/** A frame that is refused is not worth reading where it is long. */
const GLANCE_BYTES = 1_024;

export const isObject = (value: unknown): value is Payload =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws BINARY, TOO_LARGE, NOT_JSON, INVALID */
export function parse({ data, isBinary }: Frame, { maxFrameBytes, resumes }: Protocol): Request {
  if (isBinary) throw fault("BINARY");
  if (data.length > maxFrameBytes)
    throw fault("TOO_LARGE", `a frame may have ${maxFrameBytes / 1024} KiB at most.`);
  const text = data.toString();
  const value = parseJson(text);
  if (!isObject(value)) throw fault("NOT_JSON");
  const { type, payload, ref } = value;
  if (!resumes || ref === undefined) return { text, type, payload };
  if (typeof ref !== "string" || ref.length > MAX_REF)
    throw fault("INVALID", `ref: must be a text of up to ${MAX_REF} characters.`);
  return { text, type, payload, ref };
}

/** The `ref` of a frame that is not looked at any further. */
export function refOf(frame: Frame, protocol: Protocol): string | undefined {
  try {
    return protocol.resumes && frame.data.length <= GLANCE_BYTES ? parse(frame, protocol).ref : undefined;
  } catch {
    return undefined; // what cannot be read has none
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault("NOT_JSON");
  }
}
