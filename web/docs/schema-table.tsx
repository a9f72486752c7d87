import type { ComponentChild } from "preact";
import { fieldsOf, rivalsOf, type Field, type Schema } from "./schema.ts";
import { Words } from "./words.tsx";

type Column = { title: string; isUsed(field: Field): boolean; cell(field: Field): ComponentChild };
const columns: Column[] = [
  { title: "Type", isUsed: () => true, cell: ({ type }) => <code>{type}</code> },
  {
    title: "Limits",
    isUsed: ({ limits }) => limits.length > 0,
    cell: ({ limits }) => <Words text={limits.join(", ")} />,
  },
  {
    title: "Meaning",
    isUsed: ({ description }) => description !== "",
    cell: ({ description }) => <Words text={description} />,
  },
];

/** Of an object: what may be in it. Columns that would be empty are left out. */
export function SchemaTable({ schema, label }: { schema: Schema; label: string }) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return <p class="soft">{nothingIn(schema)}</p>;
  const { exactlyOne, atMostOne } = rivalsOf(schema);
  const used = columns.filter(({ isUsed }) => fields.some(isUsed));
  return (
    <div>
      <div class="scroll" tabIndex={0} role="group" aria-label={label}>
        <table class="fields">
          <thead>
            <tr>
              {["Field", ...used.map(({ title }) => title)].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <Row key={field.path} field={field} used={used} />
            ))}
          </tbody>
        </table>
      </div>
      {exactlyOne.length > 0 && <p class="soft">Exactly one of {exactlyOne.join(", ")}.</p>}
      {atMostOne.length > 0 && <p class="soft">At most one of {atMostOne.join(", ")}.</p>}
    </div>
  );
}

const Row = ({ field, used }: { field: Field; used: Column[] }) => (
  <tr>
    <th scope="row">
      <code>{field.path}</code>
      {!field.isRequired && <span class="soft"> optional</span>}
    </th>
    {used.map(({ title, cell }) => (
      <td key={title}>{cell(field)}</td>
    ))}
  </tr>
);

function nothingIn({ type, properties }: Schema): string {
  if (type === "null") return "The payload is null.";
  return properties ? "No fields." : "Any payload.";
}

export const Json = ({ value, label }: { value: unknown; label: string }) => (
  <pre tabIndex={0} role="group" aria-label={label}>
    <code>{JSON.stringify(value, undefined, 2)}</code>
  </pre>
);
