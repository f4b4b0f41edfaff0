/** http-proxy-middleware as the only listener of a server, with kept connections. */
import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createProxyMiddleware } from "http-proxy-middleware";

const [target = ""] = process.argv.slice(2);
const proxy = createProxyMiddleware({
  target,
  xfwd: true,
  agent: new Agent({ keepAlive: true }),
  pathRewrite: { "^/wework-callback": "" },
});
const server = createServer((request, response) => {
  void proxy(request, response, () => response.writeHead(500).end());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
