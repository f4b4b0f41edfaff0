import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Socket,
  type Server as SocketServer,
} from "node:net";
import { SMTPServer } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import { HttpFailure } from "../platforms/http.ts";
import { startHttpProxy } from "../testing/http-proxy.ts";
import { createHttpClient, type HttpClientOptions } from "./http-client.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("a post", () => {
  it("carries the body, JSON by default, and gives status, headers and body back", async () => {
    const seen: { method?: string | undefined; type?: string | undefined; key?: string | undefined; body: string }[] =
      [];
    const { url, client } = await setup(async (request, response) => {
      const body = await textOf(request);
      seen.push({ method: request.method, type: request.headers["content-type"], key: header(request, "x-key"), body });
      response.setHeader("X-Repeated", ["one", "two"]);
      response.statusCode = 201;
      response.end('{"code":0,"msg":"成功"}');
    });
    const answer = await client.post({ url, body: '{"a":"值"}', headers: { "x-key": "k" }, timeoutMs: 5_000 });
    expect(answer.status).toBe(201);
    expect(answer.headers["x-repeated"]).toEqual(["one", "two"]);
    expect(answer.body).toBe('{"code":0,"msg":"成功"}');
    expect(seen).toEqual([{ method: "POST", type: "application/json; charset=utf-8", key: "k", body: '{"a":"值"}' }]);
  });

  it("reuses connections", async () => {
    const ports = new Set<number | undefined>();
    const { url, client } = await setup((request, response) => {
      ports.add(request.socket.remotePort);
      response.end("ok");
    });
    for (let n = 0; n < 20; n++) await client.post({ url, body: "{}", timeoutMs: 5_000 });
    // Two and not one: a request made in the very turn of an answer finds that answer's socket still busy.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it("takes a redirect as the answer and does not go there", async () => {
    const paths: (string | undefined)[] = [];
    const { url, client } = await setup((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    const answer = await client.post({ url, body: "{}", timeoutMs: 5_000 });
    expect(answer.status).toBe(307);
    expect(paths).toEqual([new URL(url).pathname + new URL(url).search]);
  });

  it("cuts an answer at 64 KiB, before the character that does not fit, even when the rest never comes", async () => {
    const { url, client } = await setup((_request, response) => {
      response.write(`x${"界".repeat(30_000)}`);
    });
    const answer = await client.post({ url, body: "{}", timeoutMs: 10_000 });
    expect(answer.body).toBe(`x${"界".repeat(Math.floor((64 * 1024 - 1) / 3))}`);
  });
});

describe("a server that does not answer in time", () => {
  it("is a timeout when no headers come", async () => {
    const { url, client } = await setup(() => {});
    expect(await failure(client.post({ url, body: "{}", timeoutMs: 50 }))).toMatchObject({ code: "timeout" });
  });

  it("is a timeout when the body drips, however steadily", async () => {
    const { url, client } = await setup((_request, response) => {
      const drip = setInterval(() => response.write("."), 5);
      response.on("close", () => clearInterval(drip));
    });
    const started = performance.now();
    expect(await failure(client.post({ url, body: "{}", timeoutMs: 100 }))).toMatchObject({ code: "timeout" });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("is a timeout when every socket is taken, and the request is never sent", async () => {
    const paths: (string | undefined)[] = [];
    const waiting: ServerResponse[] = [];
    const { url, client } = await setup(
      (request, response) => {
        paths.push(request.url);
        waiting.push(response);
        if (request.url === "/last") response.end();
      },
      { connectionsPerOrigin: 1 },
    );
    const first = client.post({ url, body: "{}", timeoutMs: 10_000 });
    expect(await failure(client.post({ url: new URL("/queued", url).href, body: "{}", timeoutMs: 30 }))).toMatchObject({
      code: "timeout",
    });
    waiting[0]?.end();
    await first;
    await client.post({ url: new URL("/last", url).href, body: "{}", timeoutMs: 10_000 });
    expect(paths).not.toContain("/queued");
  });
});

describe("a connection that fails", () => {
  it("is a network failure when it is refused", async () => {
    const { url, client, server } = await setup(() => {});
    await closed(server);
    expect(await failure(client.post({ url, body: "{}", timeoutMs: 5_000 }))).toMatchObject({ code: "network" });
  });

  it("is a network failure when it is reset in the middle of an answer", async () => {
    const { url, client } = await setup((request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half", () => request.socket.resetAndDestroy());
    });
    expect(await failure(client.post({ url, body: "{}", timeoutMs: 5_000 }))).toMatchObject({ code: "network" });
  });

  it("is a network failure when the other side does not speak HTTP", async () => {
    const url = await rawServer((socket) => socket.end("220 not a web server\r\n"), "http");
    expect(await failure(clientOnly().post({ url, body: "{}", timeoutMs: 5_000 }))).toMatchObject({ code: "network" });
  });

  it("is a TLS failure when the other side does not speak TLS", async () => {
    const url = await rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "https");
    expect(await failure(clientOnly().post({ url, body: "{}", timeoutMs: 5_000 }))).toMatchObject({ code: "tls" });
  });

  it("is a TLS failure when nobody vouches for the certificate", async () => {
    // Any TLS listener will do; this one brings a self-signed certificate along.
    const server = new SMTPServer({ secure: true });
    server.on("error", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(resolve)));
    const { port } = server.server.address() as AddressInfo;
    const failed = failure(
      clientOnly().post({ url: `https://127.0.0.1:${port}/hook?key=SECRET`, body: "{}", timeoutMs: 5_000 }),
    );
    expect(await failed).toMatchObject({ code: "tls" });
    expect((await failed).message).not.toContain("SECRET");
  });
});

describe("a failure's words", () => {
  it("name the host and never the path or the query, which may be credentials", async () => {
    const { url, client, server } = await setup(() => {});
    const timeout = await failure(client.post({ url, body: "{}", timeoutMs: 20 }));
    await closed(server);
    const refused = await failure(client.post({ url, body: "{}", timeoutMs: 5_000 }));
    const unparsable = await failure(client.post({ url: "http://[bad/hook-SECRET", body: "{}", timeoutMs: 5_000 }));
    expect(timeout.message).toContain(new URL(url).host);
    expect(refused.message).toContain(new URL(url).host);
    for (const { message, stack } of [timeout, refused, unparsable]) {
      expect(`${message}${stack}`).not.toContain("hook");
      expect(`${message}${stack}`).not.toContain("SECRET");
    }
  });

  it("refuse other schemes", async () => {
    expect(await failure(clientOnly().post({ url: "file:///etc/passwd", body: "", timeoutMs: 100 }))).toMatchObject({
      code: "network",
      message: "the address is not an http or https URL",
    });
  });
});

describe("closing", () => {
  it("lets what is under way finish, refuses what comes later, and may be repeated", async () => {
    let answer: ServerResponse | undefined;
    const arrived = Promise.withResolvers<void>();
    const { url, client } = await setup((_request, response) => {
      answer = response;
      arrived.resolve();
    });
    const underWay = client.post({ url, body: "{}", timeoutMs: 10_000 });
    await arrived.promise;
    const closing = client.close();
    expect(await failure(client.post({ url, body: "{}", timeoutMs: 1_000 }))).toMatchObject({ code: "network" });
    answer?.end("late");
    expect((await underWay).body).toBe("late");
    await closing;
    await client.close();
  });
});

describe("more origins than there is room for", () => {
  it("drops the sockets of the one unused for longest, without failing what it still sends", async () => {
    const client = clientOnly({ origins: 1 });
    let held: ServerResponse | undefined;
    const arrived = Promise.withResolvers<void>();
    const slow = await setup((_request, response) => {
      held = response;
      arrived.resolve();
    });
    const quick = await setup((_request, response) => {
      response.end("quick");
    });
    const first = client.post({ url: slow.url, body: "{}", timeoutMs: 10_000 });
    await arrived.promise;
    expect((await client.post({ url: quick.url, body: "{}", timeoutMs: 10_000 })).body).toBe("quick");
    held?.end("slow");
    expect((await first).body).toBe("slow");
  });
});

describe("a post through a proxy", () => {
  it("leaves by it, and one without does not", async () => {
    await using proxy = await startHttpProxy();
    const { url, client } = await setup((_request, response) => {
      response.end("ok");
    });
    expect((await client.post({ url, body: "{}", timeoutMs: 5_000 })).body).toBe("ok");
    expect(proxy.asked).toEqual([]);
    expect((await client.post({ url, body: "{}", timeoutMs: 5_000, proxy: proxy.url })).body).toBe("ok");
    expect(proxy.asked).toEqual([`POST ${url}`]);
  });

  it("reaches https by CONNECT, and tells of a proxy that refuses without its password", async () => {
    await using proxy = await startHttpProxy({ refuse: true });
    const client = clientOnly();
    const post = { url: "https://qyapi.weixin.qq.com/x?key=SECRET", body: "{}", timeoutMs: 5_000, proxy: proxy.url };
    const failure = await client.post(post).then(String, (error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(String(failure)).not.toMatch(/pa55|SECRET/);
    expect(proxy.asked).toEqual(["CONNECT qyapi.weixin.qq.com:443"]);
  });
});

async function setup(
  handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  options?: HttpClientOptions,
) {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => closed(server));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/hook/token?key=SECRET`, client: clientOnly(options) };
}

function clientOnly(options?: HttpClientOptions) {
  const client = createHttpClient(options);
  cleanups.push(() => client.close());
  return client;
}

async function rawServer(handle: (socket: Socket) => void, scheme: "http" | "https"): Promise<string> {
  const server: SocketServer = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => handle(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

async function failure(attempt: Promise<unknown>): Promise<HttpFailure> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HttpFailure)) throw new Error(`expected an HttpFailure, got ${String(error)}`);
  return error;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

function header(request: IncomingMessage, name: string): string | undefined {
  return request.headers[name]?.toString();
}
