import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { message } from "./relay/row.ts";

const CLIENTS = 1_000;

describe("a thousand clients that send byte by byte", () => {
  it("are all answered, and hold up nobody else", { timeout: 120_000 }, async () => {
    const server = createServer(async (request, response) => {
      response.end(`${request.url} ${await text(request)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const relay = await RelayProcess.start({ target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    onTestFinished(() => relay[Symbol.asyncDispose]());

    const requests = Array.from({ length: CLIENTS }, (_, number) => {
      const body = `body of ${String(number).padStart(4, "0")}`;
      const lines = [`POST /wework-callback/${number + CLIENTS} HTTP/1.1`, "Host: a", `Content-Length: ${body.length}`];
      return { bytes: message(lines, body), answer: `/${number + CLIENTS} ${body}` };
    });
    const clients = await Promise.all(requests.map(() => RawClient.connect(relay.url)));
    onTestFinished(() => {
      for (const client of clients) client.leave();
    });

    const length = requests[0]?.bytes.length ?? 0;
    for (let at = 0; at < length; at++) {
      await Promise.all(clients.map((client, number) => client.written(requests[number]?.bytes[at] ?? "")));
      if (at % 10 !== 0) continue;
      const response = await fetch(`${relay.url}/wework-callback/quick`, { method: "POST", body: String(at) });
      expect([response.status, await response.text()]).toEqual([200, `/quick ${at}`]);
    }
    for (const [number, client] of clients.entries()) {
      const { line, body } = await client.answer();
      expect([line, body]).toEqual(["HTTP/1.1 200 OK", requests[number]?.answer]);
    }
  });
});
