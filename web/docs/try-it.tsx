import { useId, useState } from "preact/hooks";
import type { Operation } from "./openapi.ts";
import type { Schema } from "./schema.ts";

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
/** Headers that say something of the answer to who reads it. */
const TELLING = ["content-type", "retry-after"];

type Answer = { status: string; headers: [string, string][]; body: string; ms: number };
type Inputs = { name: string; schema: Schema; isInPath: boolean }[];

const inputsOf = ({ parameters = [], requestBody }: Operation): Inputs => {
  const { properties = {} } = requestBody?.content[JSON_TYPE]?.schema ?? {};
  return [
    ...parameters.map(({ name, schema }) => ({ name, schema, isInPath: true })),
    ...Object.entries(properties).map(([name, schema]) => ({ name, schema, isInPath: false })),
  ];
};

/** A form made of the operation, and what this very server answers to it. */
export function TryIt({ operation }: { operation: Operation }) {
  const [answer, setAnswer] = useState<Answer | string>();
  const [isAsking, setAsking] = useState(false);
  const inputs = inputsOf(operation);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    setAsking(true);
    setAnswer(undefined);
    setAnswer(await ask(operation, inputs, given).catch(String));
    setAsking(false);
  };
  return (
    <form class="try" noValidate onSubmit={submit} aria-label={`Try ${operation.method} ${operation.path}`}>
      {inputs.map(({ name, schema }) => (
        <Input key={name} name={name} isSecret={name === "password"} max={schema.maxLength} />
      ))}
      {operation.requestBody && <Encoding />}
      <button type="submit" disabled={isAsking}>
        {isAsking ? "Sending…" : `Send ${operation.method}`}
      </button>
      <div class="answer" role="status">
        {typeof answer === "string" && <p class="error">{answer}</p>}
        {typeof answer === "object" && <Shown {...answer} />}
      </div>
    </form>
  );
}

function Input({ name, isSecret, max }: { name: string; isSecret: boolean; max?: number | undefined }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{name}</label>
      <input
        {...{ id, name }}
        {...(isSecret ? { type: "password" } : { type: "text" })}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        placeholder={max === undefined ? "" : `up to ${max} characters`}
      />
    </div>
  );
}

function Encoding() {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Body as</label>
      <select id={id} name=" encoding">
        <option value={JSON_TYPE}>JSON</option>
        <option value={FORM}>a form</option>
      </select>
    </div>
  );
}

const Shown = ({ status, headers, body, ms }: Answer) => (
  <>
    <p class="status">
      {status} <span class="soft">in {ms} ms</span>
    </p>
    <p class="soft">
      {headers.map(([name, value]) => (
        <span key={name} class="header">
          {name}: {value}
        </span>
      ))}
    </p>
    <pre>
      <code>{body}</code>
    </pre>
  </>
);

async function ask(
  { method, path, requestBody }: Operation,
  inputs: Inputs,
  given: FormData,
): Promise<Answer> {
  const valueOf = (name: string) => String(given.get(name) ?? "");
  const inBody = inputs.filter(({ isInPath }) => !isInPath).map(({ name }) => [name, valueOf(name)]);
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(valueOf(name)));
  const encoding = valueOf(" encoding");
  const fields = Object.fromEntries(inBody) as Record<string, string>;
  const body = encoding === FORM ? new URLSearchParams(fields).toString() : JSON.stringify(fields);
  const begun = performance.now();
  const response = await fetch(url, {
    method,
    headers: { Accept: JSON_TYPE, ...(requestBody && { "Content-Type": encoding }) },
    ...(requestBody && { body }),
  });
  const text = await response.text();
  return {
    status: `${response.status} ${response.statusText}`,
    headers: TELLING.flatMap((name): [string, string][] => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
    body: pretty(text),
    ms: Math.round(performance.now() - begun),
  };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
