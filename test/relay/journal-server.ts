/**
 * A system of the intranet that is told things, to be killed: `node journal-server.ts <port> <file>`. It prints
 * `listening <port>`, and writes down each callback before it answers.
 */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

const [, , port, file = ""] = process.argv;

const server = createServer(async (request, response) => {
  const { "x-yizhan-forward-id": id, "x-yizhan-attempt": attempt } = request.headers;
  const body = await text(request);
  appendFileSync(file, `${JSON.stringify({ id, attempt: Number(attempt), body })}\n`);
  response.end("took it");
});

server.listen({ port: Number(port), host: "127.0.0.1" }, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
