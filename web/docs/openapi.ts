import document from "../../docs/openapi.json";
import type { Schema } from "./schema.ts";

type Content = Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }>;
export type Response = { description: string; headers?: Record<string, unknown>; content: Content };
type Described = {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: { name: string; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
};
export type Operation = Described & { method: string; path: string; id: string };

const paths = document.paths as unknown as Record<string, Record<string, Described>>;

export const about = document.info;
export const operations: Operation[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({
    ...described,
    ...{ path, method: method.toUpperCase(), id: `http/${described.operationId}` },
  })),
);
