import { describe, expect, it } from "vitest";
import type { HttpAnswer, HttpPost } from "../platforms/http.ts";
import { lazyHttpClient } from "./lazy-http-client.ts";

const request: HttpPost = { url: "http://127.0.0.1/", body: "", timeoutMs: 1 };

describe("an HTTP client that is loaded when it is needed", () => {
  it("is not loaded before the first request, and once for those that come together", async () => {
    const { client, loads } = setup();
    expect(loads()).toBe(0);
    const answers = await Promise.all([client.post(request), client.post(request)]);
    await client.post(request);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(loads()).toBe(1);
  });

  it("closes what was loaded, and loads nothing any more", async () => {
    const { client, closes } = setup();
    await client.post(request);
    await client.close();
    expect(closes()).toBe(1);
    const unused = setup();
    await unused.client.close();
    await expect(unused.client.post(request)).rejects.toMatchObject({ code: "network" });
    expect(unused.loads()).toBe(0);
  });
});

function setup() {
  let loads = 0;
  let closes = 0;
  const answer: HttpAnswer = { status: 200, headers: {}, body: "" };
  const client = lazyHttpClient(async () => {
    loads++;
    return {
      post: async () => answer,
      close: async () => {
        closes++;
      },
    };
  });
  return { client, loads: () => loads, closes: () => closes };
}
