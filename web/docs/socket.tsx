import {
  about,
  errors,
  frameLike,
  pushes,
  requests,
  type Message,
  type Push,
  type Request,
} from "./asyncapi.ts";
import { Console } from "./console.tsx";
import { Json, SchemaTable } from "./schema-table.tsx";
import { Words } from "./words.tsx";

export const Socket = () => (
  <>
    <h1>WebSocket</h1>
    <p>
      <code>{about.address}</code>: <Words text={about.description} /> A frame is <code>type</code>,{" "}
      <code>payload</code> and, of requests and their replies, a <code>ref</code>. In words:{" "}
      <a href="#v2">protocol v2</a>. For other tools: <a href="/docs/asyncapi.json">asyncapi.json</a>.
    </p>
    <h2 class="part">What a client sends</h2>
    {requests.map((request) => (
      <Asked key={request.id} {...request} />
    ))}
    <h2 class="part">What the server says unasked</h2>
    {pushes.map((push) => (
      <Pushed key={push.id} {...push} />
    ))}
    <Errors />
    <Console />
  </>
);

/** The frame's schema, and one such frame. */
function Frame({ message, label, isAsked }: { message: Message; label: string; isAsked: boolean }) {
  const { ref, ...frame } = frameLike(message);
  return (
    <div class="pair">
      <SchemaTable schema={message.payload.properties?.["payload"] ?? {}} label={`Fields of ${label}`} />
      <Json value={isAsked ? { ...frame, ref } : frame} label={`Example of ${label}`} />
    </div>
  );
}

const Asked = ({ id, name, summary, message, reply }: Request) => (
  <section id={id} aria-labelledby={`${id}-name`}>
    <h3 id={`${id}-name`}>
      <code>{name}</code>
    </h3>
    <p>
      <Words text={summary} />
    </p>
    <h4>Request</h4>
    <Frame message={message} label={`the request ${name}`} isAsked />
    <h4>
      Reply <code>{reply.name}</code>, or <a href="#socket/errors">error</a>
    </h4>
    <Frame message={reply} label={`the reply to ${name}`} isAsked />
  </section>
);

const Pushed = ({ id, name, message }: Push) => (
  <section id={id} aria-labelledby={`${id}-name`}>
    <h3 id={`${id}-name`}>
      <code>{name}</code>
    </h3>
    <Frame message={message} label={`the push ${name}`} isAsked={false} />
  </section>
);

const Errors = () => (
  <section id="socket/errors" aria-labelledby="errors-name">
    <h2 id="errors-name">Errors</h2>
    <p>
      An <code>error</code> is the reply to what was not done. <code>type</code> is for programs,{" "}
      <code>reason</code> for people. Where the <code>outcome</code> is <code>unknown</code>, the same is to
      be said again with the same nonce.
    </p>
    <div class="scroll" tabIndex={0} role="group" aria-label="Errors">
      <table>
        <thead>
          <tr>
            <th scope="col">type</th>
            <th scope="col">code</th>
            <th scope="col">outcome</th>
            <th scope="col">reason</th>
          </tr>
        </thead>
        <tbody>
          {errors.map(({ type, code, outcome, reason }) => (
            <tr key={type}>
              <th scope="row">
                <code>{type}</code>
              </th>
              <td>{code}</td>
              <td>{outcome}</td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);
