import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** A forward proxy on loopback: tunnels by CONNECT (RFC 9110 §9.3.6), and passes absolute-form requests on. */
export interface HttpProxy extends AsyncDisposable {
  /** With the user and password that it wants. */
  readonly url: string;
  /** What was asked of it: `CONNECT host:port`, or `POST http://…`. */
  readonly asked: readonly string[];
}

/** @param refuse Answers 403 to every CONNECT. */
export async function startHttpProxy({ refuse = false } = {}): Promise<HttpProxy> {
  const asked: string[] = [];
  const known = `Basic ${Buffer.from("hub:pa55").toString("base64")}`;
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (incoming.headers["proxy-authorization"] !== known) return void response.writeHead(407).end();
    const { method, headers } = incoming;
    const onward = request(incoming.url ?? "", { method: method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    socket.on("error", () => {});
    if (refuse) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    if (incoming.headers["proxy-authorization"] !== known) return void socket.end("HTTP/1.1 407 Who\r\n\r\n");
    const [host = "", port] = (incoming.url ?? "").split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://hub:pa55@127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
