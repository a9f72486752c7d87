import { about, operations, type Operation, type Response } from "./openapi.ts";
import { exampleOf, type Schema } from "./schema.ts";
import { Json, SchemaTable } from "./schema-table.tsx";
import { TryIt } from "./try-it.tsx";
import { Words } from "./words.tsx";

const JSON_TYPE = "application/json";
const OK = 300;

export const Http = () => (
  <>
    <h1>HTTP</h1>
    <p>
      <Words text={about.description} /> For other tools: <a href="/docs/openapi.json">openapi.json</a>.
    </p>
    {operations.map((operation) => (
      <One key={operation.id} {...operation} />
    ))}
  </>
);

function One(operation: Operation) {
  const { id, method, path, summary, description, parameters = [], requestBody, responses } = operation;
  const taken: Schema = requestBody?.content[JSON_TYPE]?.schema ?? {
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.map(({ name }) => name),
  };
  const [good, bad] = [true, false].map((isGood) =>
    Object.entries(responses).filter(([status]) => Number(status) < OK === isGood),
  );
  return (
    <section id={id} aria-labelledby={`${id}-name`}>
      <h2 id={`${id}-name`}>
        <span class="method">{method}</span> <code>{path}</code>
      </h2>
      <p>
        <Words text={description ?? summary} />
      </p>
      {taken.properties && Object.keys(taken.properties).length > 0 && (
        <>
          <h3>{requestBody ? "Body" : "In the path"}</h3>
          <div class="pair">
            <SchemaTable schema={taken} label={`Fields of ${path}`} />
            {requestBody && <Json value={exampleOf(taken)} label={`Example of a body for ${path}`} />}
          </div>
        </>
      )}
      {good?.map(([status, { content }]) => (
        <div key={status}>
          <h3>{status}</h3>
          <Json value={exampleOf(content[JSON_TYPE]?.schema ?? {})} label={`Answer ${status} of ${path}`} />
        </div>
      ))}
      <Failures responses={bad ?? []} label={`Failures of ${path}`} />
      <details>
        <summary>Try it</summary>
        <TryIt operation={operation} />
      </details>
    </section>
  );
}

const Failures = ({ responses, label }: { responses: [string, Response][]; label: string }) => (
  <>
    <h3>Otherwise</h3>
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {responses.map(([status, { description, headers = {}, content }]) => (
            <tr key={status}>
              <th scope="row">
                {status} <span class="soft">{description}</span>
              </th>
              <td>
                {reasonsOf(content).map((reason) => (
                  <p key={reason}>{reason}</p>
                ))}
                {Object.keys(headers).map((name) => (
                  <p key={name} class="soft">
                    with <code>{name}</code>
                  </p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </>
);

const reasonsOf = (content: Response["content"]): string[] =>
  Object.values(content[JSON_TYPE]?.examples ?? {}).map(
    ({ value }) => (value as { payload: { message: string } }).payload.message,
  );
