import document from "../../docs/asyncapi.json";
import { exampleOf, type Schema } from "./schema.ts";

type Ref = { $ref: string };
type Failure = { code: number; type: string; reason: string; outcome: string };
type Frame = { type: string; ref?: string; payload: unknown };
export type Message = {
  name: string;
  payload: Schema;
  examples?: { name: string; payload: Frame }[];
};
type Described = { action: string; summary: string; messages: Ref[]; reply?: { messages: Ref[] } };
export type Request = { id: string; name: string; summary: string; message: Message; reply: Message };
export type Push = { id: string; name: string; message: Message };

const messages = document.components.messages as unknown as Record<string, Message>;
const operations = Object.values(document.operations as unknown as Record<string, Described>);

const nobody: Message = { name: "", payload: {} };
const messageAt = (ref: Ref | undefined): Message => messages[ref?.$ref.split("/").at(-1) ?? ""] ?? nobody;

export const about = { ...document.info, ...document.channels.socket };
export const requests: Request[] = operations
  .filter(({ action }) => action === "receive")
  .map(({ summary, messages: [ref], reply }) => {
    const message = messageAt(ref);
    const { name } = message;
    return { id: `socket/${name}`, name, summary, message, reply: messageAt(reply?.messages[0]) };
  });
export const pushes: Push[] = operations
  .filter(({ action }) => action === "send")
  .flatMap((operation) => operation.messages.map(messageAt))
  .map((message) => ({ id: `socket/push/${message.name}`, name: message.name, message }));
export const errors: Failure[] =
  messages["said.error"]?.examples?.map(({ payload }) => payload.payload as Failure) ?? [];
/** One such frame. */
export const frameLike = ({ payload, examples: [real] = [] }: Message) =>
  (real?.payload ?? exampleOf(payload)) as Frame;
