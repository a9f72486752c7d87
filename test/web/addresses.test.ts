import { describe, expect, test } from "@jest/globals";
import { splitAtAddresses } from "../../web/src/parts/addresses.ts";

/** Which parts of a message become links. */
const addressesIn = (text: string) => splitAtAddresses(text).filter((_, index) => index % 2 === 1);

describe("an address", () => {
  test.each([
    ["https://example.com", ["https://example.com"]],
    ["see http://example.com/a and https://example.org/b", ["http://example.com/a", "https://example.org/b"]],
    ["HTTPS://Example.COM/A", ["HTTPS://Example.COM/A"]],
    ["https://example.com:8443/a?b=c&d=e#f", ["https://example.com:8443/a?b=c&d=e#f"]],
    ["https://example.com?q=1#top", ["https://example.com?q=1#top"]],
    ["http://localhost:3000/docs/", ["http://localhost:3000/docs/"]],
    ["http://[::1]:80/a", ["http://[::1]:80/a"]],
    ["http://127.0.0.1", ["http://127.0.0.1"]],
  ])("in %j is whole", (text, addresses) => expect(addressesIn(text)).toEqual(addresses));

  test.each([
    ["https://naver.com에서 보세요", "https://naver.com"],
    ["https://www.naver.co.kr은", "https://www.naver.co.kr"],
    ["http://localhost:3000에서", "http://localhost:3000"],
    ["http://localhost에서", "http://localhost"],
    ["http://127.0.0.1:80에서", "http://127.0.0.1:80"],
    ["https://example.comを見て", "https://example.com"],
    ["https://example.comсмотри", "https://example.com"],
    ["https://ko.wikipedia.org/wiki/한국어", "https://ko.wikipedia.org/wiki/한국어"],
    ["https://example.com/?q=한국", "https://example.com/?q=한국"],
    ["https://한국.com/", "https://한국.com/"],
    ["https://www.한국.com/", "https://www.한국.com/"],
    ["https://www.grüne.de/", "https://www.grüne.de/"],
  ])("in %j has its own host", (text, address) => expect(addressesIn(text)).toEqual([address]));

  test.each([
    ["https://example.com.", "https://example.com"],
    ["https://example.com/a?!...", "https://example.com/a"],
    ["(https://example.com/a)", "https://example.com/a"],
    ["(https://example.com/a).", "https://example.com/a"],
    ["https://en.wikipedia.org/wiki/A_(b)", "https://en.wikipedia.org/wiki/A_(b)"],
    ["(https://en.wikipedia.org/wiki/A_(b))", "https://en.wikipedia.org/wiki/A_(b)"],
    ["[https://example.com/a[1]]", "https://example.com/a[1]"],
    ["「https://example.com/a」", "https://example.com/a"],
    ["『https://example.com/a』은", "https://example.com/a"],
    ["【https://example.com/a】", "https://example.com/a"],
    ["https://example.com/a。そして", "https://example.com/a"],
    ["https://example.com/a，b、c！？", "https://example.com/a"],
    ["“https://example.com/a”…", "https://example.com/a"],
    ["‘https://example.com/a’", "https://example.com/a"],
    ['"https://example.com/a"', "https://example.com/a"],
    ["<https://example.com/a>", "https://example.com/a"],
    ["https://example.com/a\u202Egpj.exe", "https://example.com/a"],
    ["https://exam\u200Bple.com", "https://exam"],
  ])("in %j ends before what is not its own", (text, address) =>
    expect(addressesIn(text)).toEqual([address]),
  );
});

test.each([
  "javascript:alert(1)",
  "JavaScript://example.com/%0aalert(1)",
  "data:text/html,<b>x</b>",
  "file:///etc/passwd",
  "ftp://example.com/a",
  "http://javascript:window.hacked=1",
  "http://",
  "https://.",
  "https:// example.com",
  "www.example.com",
])("%j has none", (text) => expect(addressesIn(text)).toEqual([]));

test("nothing of a text is lost, and a long one takes no time", () => {
  for (const text of [
    "a https://b.com에서 (https://c.de/(d)) e",
    "",
    "https://",
    `https://a.b/${")".repeat(2_000)}`,
  ])
    expect(splitAtAddresses(text).join("")).toBe(text);
  const start = performance.now();
  for (const piece of ["https://", "https://a", "https://a.", "(", "a-"])
    splitAtAddresses(`https://a.com/(${piece.repeat(2_000)}))`);
  splitAtAddresses(`https://${"a.".repeat(5_000)}가`);
  expect(performance.now() - start).toBeLessThan(500);
});
