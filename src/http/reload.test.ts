import { describe, expect, it } from "vitest";
import { startHub } from "./hub-for-tests.ts";

const path = "/api/v1/reload";

describe("a reload", () => {
  it("of a good configuration says what it noted", async () => {
    const hub = await startHub({
      reloads: { reload: async () => ({ problems: [], notes: ["port needs a restart"] }) },
    });
    const { status, body } = await hub.ask("POST", path);
    expect(status).toBe(200);
    expect(body).toEqual({ code: 200, message: "配置已重新加载", data: { notes: ["port needs a restart"] } });
  });

  it("of a bad one says every problem", async () => {
    const hub = await startHub({ reloads: { reload: async () => ({ problems: ["a", "b"], notes: [] }) } });
    const { status, body } = await hub.ask("POST", path, { body: {} });
    expect(status).toBe(422);
    expect(body).toEqual({
      code: 422,
      message: "配置有误，未生效",
      data: { error: "a", errors: ["a", "b"], notes: [] },
    });
  });

  it.each(["cross-site", "same-site"])("asked by a page from elsewhere (%s) does nothing", async (site) => {
    let reloads = 0;
    const hub = await startHub({
      reloads: {
        async reload() {
          reloads++;
          return { problems: [], notes: [] };
        },
      },
    });
    const answer = await hub.raw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: ${site}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(reloads).toBe(0);
  });
});
