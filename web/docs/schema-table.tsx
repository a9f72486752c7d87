import { fieldsOf, rivalsOf, type Schema } from "./schema.ts";
import { Words } from "./words.tsx";

/** Of an object: what may be in it. */
export function SchemaTable({ schema, label }: { schema: Schema; label: string }) {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return <p class="soft">{schema.type === "null" ? "null" : "No fields."}</p>;
  const { exactlyOne, atMostOne } = rivalsOf(schema);
  return (
    <>
      <div class="scroll" tabIndex={0} role="group" aria-label={label}>
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Type</th>
              <th scope="col">Limits</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(({ path, type, isRequired, limits, description }) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                  {!isRequired && <span class="soft"> optional</span>}
                </th>
                <td>
                  <code>{type}</code>
                </td>
                <td>{limits.join(", ")}</td>
                <td>
                  <Words text={description} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {exactlyOne.length > 0 && <p class="soft">Exactly one of {exactlyOne.join(", ")}.</p>}
      {atMostOne.length > 0 && <p class="soft">At most one of {atMostOne.join(", ")}.</p>}
    </>
  );
}

export const Json = ({ value, label }: { value: unknown; label: string }) => (
  <pre tabIndex={0} role="group" aria-label={label}>
    <code>{JSON.stringify(value, undefined, 2)}</code>
  </pre>
);
