/** Where one begins. */
export const Start = () => (
  <>
    <h1>Build on REWIND</h1>
    <p>
      A chat back end: accounts over HTTP, everything else over one WebSocket. The reference is made from the
      server&rsquo;s own code, and a test holds each answer of a running server against it.
    </p>
    <ul class="cards">
      <Card href="#client" title="Write a client in 10 minutes">
        Without a library, step by step, with every block of code run by a test; then with the SDK.
      </Card>
      <Card href="#http" title="HTTP">
        Register, verify, log in. Each can be tried on this page.
      </Card>
      <Card href="#socket" title="WebSocket">
        Every request with its reply, every push, every error; and a socket to send frames by hand.
      </Card>
      <Card href="#v2" title="The protocol in words">
        Order, cursors, nonces, and how a socket ends.
      </Card>
    </ul>
    <h2>For other tools</h2>
    <p>
      <a href="/docs/openapi.json">openapi.json</a> (OpenAPI 3.1) goes into Postman, Swagger UI or a code
      generator, <a href="/docs/asyncapi.json">asyncapi.json</a> (AsyncAPI 3.0) into AsyncAPI Studio.
    </p>
  </>
);

const Card = ({ href, title, children }: { href: string; title: string; children: string }) => (
  <li>
    <a href={href}>{title}</a>
    <p>{children}</p>
  </li>
);
