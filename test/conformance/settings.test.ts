import { describe, expect, test } from "@jest/globals";
import { failure } from "../support/answers.ts";
import { get, postForm } from "../support/form.ts";
import { gateA, PASSWORD, uniqueName } from "../support/people.ts";
import { startServer } from "../support/server.ts";

describe("settings", () => {
  test("PUBLIC_URL is what links in mails begin with; ALLOWED_EMAIL_DOMAINS is who may register", async () => {
    const server = await startServer({
      PUBLIC_URL: "https://chat.example.test",
      ALLOWED_EMAIL_DOMAINS: "school.example,other.example",
    });
    const apply = (email: string) =>
      postForm(`${gateA(server)}/api/v1/auth/register`, { name: uniqueName(), email, password: PASSWORD });
    for (const domain of ["example.com", "sub.school.example", "notschool.example", "school.example.com"]) {
      const answer = await apply(`${uniqueName()}@${domain}`);
      expect([answer.status, answer.body]).toEqual([400, failure(expect.stringContaining("email"))]);
    }
    for (const domain of ["school.example", "OTHER.example"]) {
      expect((await apply(`${uniqueName()}@${domain}`)).status).toBe(201);
    }
    const email = `${uniqueName()}@school.example`;
    expect((await apply(email)).status).toBe(201);
    const { text } = await server.mails.waitFor(email);
    const links = text.match(/https?:\/\/\S+/g);
    expect(links).toEqual([
      expect.stringMatching(/^https:\/\/chat\.example\.test\/api\/v1\/auth\/email_verify\/[\w-]{43}$/),
    ]);
    const path = new URL(links?.[0] ?? "").pathname;
    expect((await get(`${gateA(server)}${path}`)).status).toBe(201);
    expect(server.mails.all().filter((mail) => mail.text.includes("email_verify"))).toHaveLength(3);
  });

  test.each([
    ["PORT", "abc"],
    ["RATE_LIMIT", "perhaps"],
    ["BCRYPT_COST", "-1"],
    ["PUBLIC_URL", "not a url"],
    ["SMTP_URL", "nonsense"],
  ])("%s=%s is refused at start, by name", async (setting, value) => {
    await expect(startServer({ [setting]: value })).rejects.toThrow(
      new RegExp(`ended with [\\s\\S]*${setting}`),
    );
  });
});
