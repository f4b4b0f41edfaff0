/**
 * A program of the intranet, to be killed: `node inner-server.ts <port> <backlog>`. It prints `listening <port>`, and the
 * body of each POST before it answers.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

const server = createServer(async (request, response) => {
  const body = await text(request);
  process.stdout.write(`saw ${body}\n`);
  response.end(`took ${body}`);
});

const [, , port, backlog] = process.argv;

server.listen({ port: Number(port), host: "127.0.0.1", backlog: Number(backlog) }, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
