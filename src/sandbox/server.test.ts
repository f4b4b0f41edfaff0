import { describe, expect, it } from "vitest";
import { visit } from "./sandbox-fixture.ts";
import { createSandbox } from "./server.ts";

describe("a sandbox", () => {
  it("tells of each message as it arrives", async () => {
    const texts: string[] = [];
    const { post } = await visit({ onMessage: ({ text }) => texts.push(text) });
    await post("/cgi-bin/webhook/send?key=a", { msgtype: "text", text: { content: "one" } });
    await post("/cgi-bin/webhook/send?key=a", { msgtype: "text", text: { content: "" } });
    await post("/cgi-bin/webhook/send?key=a", { msgtype: "text", text: { content: "two" } });
    expect(texts).toEqual(["one", "two"]);
  });

  it("can be told to keep no limits from the start", async () => {
    const { post } = await visit({ pace: { enabled: false } });
    for (let n = 0; n < 25; n++) {
      expect(
        (await post("/cgi-bin/webhook/send?key=a", { msgtype: "text", text: { content: "x" } })).body,
      ).toMatchObject({ errcode: 0 });
    }
  });

  it("answers other paths as a server that has them not", async () => {
    const { ask } = await visit();
    expect(await ask("GET", "/")).toMatchObject({ status: 404, body: "404 page not found" });
  });

  it("may be closed before it listens, and twice", async () => {
    const sandbox = createSandbox();
    await sandbox.close();
    await sandbox.listen({ smtpPort: 0 });
    await sandbox.close();
    await sandbox.close();
  });

  it("whose mail port is taken rejects, and leaves nothing listening", async () => {
    const { sandbox } = await visit({}, { smtpPort: 0 });
    const second = createSandbox();
    await expect(second.listen({ smtpPort: sandbox.smtpPort ?? 0 })).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(() => second.url).toThrow("does not listen");
  });
});
