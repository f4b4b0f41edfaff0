/** http-proxy with kept connections, which it does not have by itself. */
import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import httpProxy from "http-proxy";

const [target = ""] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({ target, xfwd: true, agent: new Agent({ keepAlive: true }) });
proxy.on("error", () => process.exit(1));
const server = createServer((request, response) => {
  request.url = request.url?.slice("/wework-callback".length) ?? "/";
  proxy.web(request, response);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
