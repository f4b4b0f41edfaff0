import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { type Door, nothingInFront } from "./front.ts";
import { accept, startHub, taskOf } from "./hub-for-tests.ts";

const push = JSON.stringify({
  recipient_alias: "ops_alert",
  type: "info",
  style: "text",
  content: { title: "t", msg: "m" },
});
const head = "Host: a\r\nContent-Type: application/json\r\n";
const request = `POST /api/v1/push HTTP/1.1\r\n${head}Content-Length: ${push.length}\r\n\r\n${push}`;

describe("a path that nobody answers", () => {
  it.each(["/", "/api/v1/pushes", "/api/v1/push/", "/api/v1/task/a/b", "/docs/../etc"])("(%s) is 404", async (path) => {
    const hub = await startHub();
    const { status, body } = await hub.ask("POST", path);
    expect([status, body.code, body.message]).toEqual([404, 404, "接口不存在"]);
  });

  it("that is not well encoded is 400", async () => {
    const hub = await startHub();
    const { status, body } = await hub.ask("GET", "/api/v1/task/%zz");
    expect([status, body.data.error]).toEqual([400, "路径中的百分号编码不正确"]);
  });

  it("that is very long is 404", async () => {
    const hub = await startHub();
    const { status, body } = await hub.ask("GET", `/api/v1/task/${"x".repeat(5000)}`);
    expect([status, body.code]).toEqual([404, 404]);
  });
});

describe("a method that a path does not have", () => {
  it.each([
    ["GET", "/api/v1/push", "POST, OPTIONS"],
    ["DELETE", "/api/v1/task/x", "GET, HEAD, OPTIONS"],
    ["PATCH", "/api/v1/notifications", "GET, DELETE, HEAD, OPTIONS"],
    ["POST", "/health", "GET, HEAD, OPTIONS"],
  ])("(%s %s) is 405 with what it has", async (method, path, allow) => {
    const hub = await startHub();
    const { status, headers, body } = await hub.ask(method, path);
    expect([status, body.code, body.message]).toEqual([405, 405, "请求方法不允许"]);
    expect(headers.get("allow")).toBe(allow);
  });

  it("is told by OPTIONS, without leave for other origins", async () => {
    const hub = await startHub();
    const { status, headers, text } = await hub.ask("OPTIONS", "/api/v1/push", { headers: { origin: "https://a.cn" } });
    expect([status, text, headers.get("allow")]).toEqual([204, "", "POST, OPTIONS"]);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect((await hub.ask("OPTIONS", "/nowhere")).status).toBe(404);
  });

  it("does not count HEAD where there is GET", async () => {
    const hub = await startHub();
    const { status, headers, text } = await hub.ask("HEAD", "/health");
    expect([status, text]).toEqual([200, ""]);
    expect(Number(headers.get("content-length"))).toBeGreaterThan(0);
  });
});

describe("a hub that others can reach", () => {
  const open = { loopback: false, auth: { keys: () => ["first-key", "second-key"] } };

  it.each([
    undefined,
    "Bearer",
    "Bearer wrong",
    "Bearer first-key2",
    "Basic first-key",
    "first-key",
    "Bearer first-key second-key",
  ])("refuses %s", async (authorization) => {
    const hub = await startHub({ ...open, task: taskOf() });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const asked = [
      ["POST", "/api/v1/push"],
      ["GET", "/api/v1/task/x"],
      ["DELETE", "/api/v1/notifications"],
      ["GET", "/metrics"],
      ["GET", "/docs"],
      ["GET", "/nowhere"],
      ["OPTIONS", "/api/v1/push"],
    ] as const;
    for (const [method, path] of asked) {
      const answer = await hub.ask(method, path, { headers });
      expect([path, answer.status, answer.body.message]).toEqual([path, 401, "未授权"]);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="yizhan"/);
    }
    expect(hub.pushed).toEqual([]);
  });

  it.each(["Bearer first-key", "bearer second-key"])("takes %s", async (authorization) => {
    const hub = await startHub(open);
    const headers = { authorization, "content-type": "application/json" };
    expect((await hub.ask("POST", "/api/v1/push", { headers, body: push })).status).toBe(200);
    expect((await hub.ask("GET", "/metrics", { headers })).status).toBe(200);
  });

  it.each(["/health", "/ready"])("answers %s to everybody", async (path) => {
    const hub = await startHub(open);
    expect((await hub.ask("GET", path)).status).toBe(200);
  });

  it("forgets a key as soon as it is configured away", async () => {
    let keys = ["old"];
    const hub = await startHub({ loopback: false, auth: { keys: () => keys } });
    const headers = { authorization: "Bearer old" };
    expect((await hub.ask("GET", "/metrics", { headers })).status).toBe(200);
    keys = ["new"];
    expect((await hub.ask("GET", "/metrics", { headers })).status).toBe(401);
  });

  it.each([[[]], [[""]]])("with the keys %j lets nobody in", async (keys) => {
    const hub = await startHub({ loopback: false, auth: { keys: () => keys } });
    for (const authorization of ["Bearer", "Bearer ", "Bearer undefined"]) {
      expect((await hub.ask("GET", "/metrics", { headers: { authorization } })).status).toBe(401);
    }
  });
});

describe("a loopback hub", () => {
  it("needs no key although there are some", async () => {
    const hub = await startHub({ auth: { keys: () => ["key"] } });
    expect((await hub.ask("GET", "/metrics")).status).toBe(200);
  });
});

describe("a connection", () => {
  const hurried = { limits: { headersTimeoutMs: 100, requestTimeoutMs: 200, timeoutCheckMs: 20 } };

  it("carries requests sent without waiting, answered in order", async () => {
    const hub = await startHub();
    const last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const answer = await hub.raw(request + request + last);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(answer.lastIndexOf("task_id")).toBeLessThan(answer.indexOf('"status":"ok"'));
    expect(hub.pushed).toHaveLength(2);
  });

  it("over the limit of connections is closed, the others stay", async () => {
    const hub = await startHub({ limits: { connections: 1 } });
    const first = connect(hub.port, "127.0.0.1");
    await once(first, "connect");
    const second = connect(hub.port, "127.0.0.1").on("error", () => {});
    await once(second.resume(), "close");
    first.write(request);
    expect(String(await once(first, "data"))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("whose headers do not come is cut with 408", async () => {
    const hub = await startHub(hurried);
    const answer = await hub.raw("POST /api/v1/push HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('{"code":408,"message":"请求超时","data":');
  });

  it("whose body is for whoever stands in front is left to them, however long it takes", async () => {
    const door: Door = {
      handle: (incoming, response) => void incoming.resume().on("end", () => response.end("theirs")),
      refuseExpectation: () => {},
    };
    const front = { ...nothingInFront, door: (target: string) => (target === "/theirs" ? door : undefined) };
    const hub = await startHub({ ...hurried, front });
    const theirs = connect(hub.port, "127.0.0.1");
    theirs.write("POST /theirs HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha");
    // Begun later, and cut: the time of the first is over as well.
    expect(await hub.raw(request.slice(0, -5))).toMatch(/^HTTP\/1\.1 408 /);
    theirs.write("lf");
    expect(String(await once(theirs, "data"))).toMatch(/^HTTP\/1\.1 200 /);
    theirs.destroy();
  });

  it("whose body does not come is cut with 408", async () => {
    const hub = await startHub(hurried);
    const answer = await hub.raw(request.slice(0, -5));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(hub.pushed).toEqual([]);
  });

  it("that ends within a body brings no push and no error", async () => {
    const hub = await startHub();
    const socket = connect(hub.port, "127.0.0.1");
    const closed = once(socket.resume(), "close");
    socket.write(request.slice(0, -5), () => socket.end());
    await closed;
    await hub.server.close(1000);
    expect([hub.pushed, hub.logged]).toEqual([[], []]);
  });

  it("with nonsense behind a push answers the push first, and then the nonsense", async () => {
    const arrived = Promise.withResolvers<void>();
    const going = Promise.withResolvers<void>();
    const hub = await startHub({
      async outcome(asked) {
        arrived.resolve();
        await going.promise;
        return accept(asked);
      },
    });
    const socket = connect(hub.port, "127.0.0.1");
    const closed = once(socket, "close");
    let received = "";
    socket.on("data", (bytes) => {
      received += bytes;
    });
    socket.write(request);
    await arrived.promise;
    socket.write("nonsense\r\n\r\n");
    // A later request has been there and back: the nonsense has been read.
    await hub.raw("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(received).toBe("");
    going.resolve();
    await closed;
    expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "400"]);
  });

  it("with headers over the limit is 431", async () => {
    const hub = await startHub();
    const answer = await hub.raw(`GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":431');
  });

  it.each([
    ["not HTTP", "hello\r\n\r\n"],
    ["two lengths", `POST /api/v1/push HTTP/1.1\r\n${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    [
      "a length beside chunks",
      `POST /api/v1/push HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["a bad chunk", `POST /api/v1/push HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ["no host", "GET /health HTTP/1.1\r\n\r\n"],
  ])("with %s is 400 and closed", async (_what, bytes) => {
    const hub = await startHub();
    expect(await hub.raw(bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(hub.pushed).toEqual([]);
  });
});

describe("a hub that stops", () => {
  it("refuses pushes, answers the rest, and ends each connection", async () => {
    const hub = await startHub({ task: taskOf() });
    hub.server.stopAccepting();
    const refused = await hub.raw(request);
    expect(refused).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused).toMatch(/\r\nconnection: close\r\n/i);
    expect(refused).toContain('"message":"服务正在停止"');
    expect(hub.pushed).toEqual([]);
    expect((await hub.ask("GET", `/api/v1/task/${taskOf().id}`)).status).toBe(200);
    // Comes to its end only because the hub closes the connection.
    expect(await hub.raw("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
    const ready = await hub.ask("GET", "/ready");
    expect([ready.status, ready.body.status]).toEqual([503, "stopping"]);
  });

  it("waits for a push that is under way", async () => {
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const hub = await startHub({
      async outcome(asked) {
        arrived.resolve();
        await gate.promise;
        return accept(asked);
      },
    });
    const answer = hub.raw(request);
    await arrived.promise;
    const closed = hub.server.close(10_000);
    gate.resolve();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
    await closed;
    await expect(hub.ask("GET", "/health")).rejects.toThrow("fetch failed");
  });

  it.each([
    ["has sent nothing yet", ""],
    ["was answered", request],
  ])("does not wait for a connection that %s", async (_what, bytes) => {
    const hub = await startHub();
    const socket = connect(hub.port, "127.0.0.1");
    const closed = once(socket, "close");
    await once(socket, "connect");
    if (bytes !== "") {
      socket.write(bytes);
      await once(socket, "data");
    }
    // Longer than a test may take.
    await hub.server.close(600_000);
    await closed;
  });

  it("refuses a push behind one that is under way in the words of the API", async () => {
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const hub = await startHub({
      async outcome(asked) {
        arrived.resolve();
        await gate.promise;
        return accept(asked);
      },
    });
    const socket = connect(hub.port, "127.0.0.1").setEncoding("utf8");
    let received = "";
    socket.on("data", (text) => {
      received += text;
    });
    socket.write(request);
    await arrived.promise;
    const closed = Promise.all([hub.server.close(10_000), once(socket, "close")]);
    await new Promise((resolve) => socket.write(request, resolve));
    // Nobody listens any more; being told so takes longer than bytes take on an open connection.
    await expect(hub.raw("")).rejects.toThrow("ECONNREFUSED");
    gate.resolve();
    await closed;
    expect(received).toMatch(/^HTTP\/1\.1 200 .*HTTP\/1\.1 503 .*"message":"服务正在停止"/s);
    expect(hub.pushed).toHaveLength(1);
  });

  it("cuts what takes longer than it was given", async () => {
    const arrived = Promise.withResolvers<void>();
    const hub = await startHub({
      outcome() {
        arrived.resolve();
        return new Promise(() => {});
      },
    });
    const answer = hub.raw(request);
    await arrived.promise;
    await hub.server.close(20);
    await hub.server.close(20);
    expect(await answer).toBe("");
  });
});

describe("an address that is taken", () => {
  it("is an error", async () => {
    const { port } = await startHub();
    await expect(startHub({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
