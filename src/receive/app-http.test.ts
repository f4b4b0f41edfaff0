import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { startHttpProxy } from "../testing/http-proxy.ts";
import { createAppHttp } from "./app-http.ts";

describe("a question to a platform", () => {
  it("leaves by the account's proxy, and another's does not", async () => {
    await using proxy = await startHttpProxy();
    const server = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const http = createAppHttp();
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/gettoken?corpsecret=s`;
      for (const through of [undefined, proxy.url]) {
        const answer = await http.open({ method: "GET", url, timeoutMs: 5_000, proxy: through });
        const chunks: Uint8Array[] = [];
        for await (const chunk of answer.chunks) chunks.push(chunk);
        expect(Buffer.concat(chunks).toString()).toBe("{}");
      }
      expect(proxy.asked).toEqual([`GET ${url}`]);
    } finally {
      await http.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
