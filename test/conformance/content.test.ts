import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Chat, Client } from "../support/client.ts";
import { loadAll } from "../support/history.ts";
import { connectAs, dm, gateA, gateB, register, registerAll, uniqueName } from "../support/people.ts";
import { startServer, type Server } from "../support/server.ts";

const CONTENTS = [
  " ",
  "  leading and trailing  ",
  "\n",
  "line one\nline two\r\nline three\ttab",
  "한국어 메시지 ㅇㅇ",
  "조합형 vs 조합형".normalize("NFD"),
  "é is not é",
  "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
  "👩‍👩‍👧‍👦 🇰🇷 👍🏽 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
  "שלום עולם مرحبا بالعالم \u202eright to left\u202c",
  "zero\u200bwidth\u200djoiner\ufeffbom\u2028line\u2029paragraph",
  "\u0001\u0008\u001b[31mred\u007f",
  "𝕌𝕟𝕚𝕔𝕠𝕕𝕖 \u{10ffff} \ufffe",
  `'single' "double" \`back\` \\ \\\\ \\n \\u0041 \\"`,
  "'; DROP TABLE messages; --",
  "1' OR '1'='1",
  "%s %d %_ \\% LIKE ? :name $1 @x",
  '{"type":"chat","payload":{"content":"nested"}}',
  "<script>alert('x')</script> &amp; &lt;",
  "__proto__",
  "null",
  "0",
  "false",
  "-1e309",
];

let server: Server;
beforeAll(async () => {
  server = await startServer();
});

const collect = async (client: Client, count: number) => {
  const seen: Chat[] = [];
  while (seen.length < count) seen.push((await client.next("chat")).payload);
  return seen.map(({ content }) => content);
};

describe("content comes back exactly as sent", () => {
  test("in the answer, in the push, in the history, sent or edited", async () => {
    const [a, b] = await registerAll(server, "ann", "ben");
    if (!a || !b) throw new Error("two people");
    const [mine, theirs] = [await connectAs(gateA(server), a), await connectAs(gateB(server), b)];
    const chat_id = dm(a, b);
    for (const content of CONTENTS) mine.send("chat", { type: "send", chat_id, content });
    expect(await collect(mine, CONTENTS.length)).toEqual(CONTENTS);
    expect(await collect(theirs, CONTENTS.length)).toEqual(CONTENTS);
    const stored = await loadAll(theirs, chat_id);
    expect(stored.map(({ content }) => content)).toEqual(CONTENTS);

    const reversed = CONTENTS.toReversed();
    for (const [i, { id }] of stored.entries()) {
      mine.send("chat", { type: "edit", chat_id, id, content: reversed[i] });
    }
    expect(await collect(mine, CONTENTS.length)).toEqual(reversed);
    expect(await collect(theirs, CONTENTS.length)).toEqual(reversed);
    expect((await loadAll(mine, chat_id)).map(({ content }) => content)).toEqual(reversed);
  });

  test("names too", async () => {
    for (const start of ["한글 ", "👍🏽🙂", "' \" \\ ", "é é ", "<b>&amp;", "%_"]) {
      const name = start + uniqueName("");
      const person = await register(server, name);
      const client = await connectAs(gateA(server), person);
      const user = { type: "user", payload: { id: person.id, name, profile: null } };
      expect(await client.ask("user", { id: person.id })).toEqual(user);
      expect(await client.ask("user", { name })).toEqual(user);
      await client.close();
    }
  });
});
