import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { OriginTarget } from "./origin-target.ts";
import { KeptAnswer } from "./raw-origin-for-tests.ts";

/** A server with a certificate for this name, and that certificate. */
async function world(name: string) {
  const folder = mkdtempSync(join(tmpdir(), "yizhan-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const files = ["-keyout", keyFile, "-out", certFile];
  execFileSync("openssl", ["req", ...made, ...files, "-subj", "/CN=test", "-addext", `subjectAltName=${name}`], {
    stdio: "ignore",
  });
  const [key, ca] = [readFileSync(keyFile), readFileSync(certFile, "utf8")];
  const seen: string[] = [];
  const server = createServer({ key, cert: ca }, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    request.pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, ca, seen };
}

async function ask(base: string, ca: string | undefined, body: string) {
  const target = new OriginTarget(base, { connectMs: 5_000, ca });
  onTestFinished(() => target.close());
  const answers: KeptAnswer[] = [];
  for (let n = 0; n < 2; n++) {
    const answer = new KeptAnswer();
    const limits = { answerMs: 10_000, idleMs: 10_000 };
    target.send({ method: "POST", path: "/x", headers: [], body: Buffer.from(body) }, answer, limits);
    answers.push(await answer.ended);
  }
  return answers;
}

describe("an origin behind TLS", () => {
  it("is spoken to when its certificate is good, on one connection", async () => {
    const { port, ca, seen } = await world("IP:127.0.0.1");
    const body = "x".repeat(1_000_000);
    const answers = await ask(`https://127.0.0.1:${port}`, ca, body);
    expect(answers.map(({ status, body: got }) => [status, got === body])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(seen).toEqual(Array(2).fill(`POST /x 127.0.0.1:${port}`));
  });

  it.each(["nobody vouches for it", "it is for another name"])(
    "is refused when %s, before anything was sent",
    async (why) => {
      const isOther = why !== "nobody vouches for it";
      const { port, ca, seen } = await world(isOther ? "DNS:other.example" : "IP:127.0.0.1");
      const [answer] = await ask(`https://127.0.0.1:${port}`, isOther ? ca : undefined, "secret");
      expect(answer?.failure).toMatchObject({ failure: "target-refused", sent: false });
      expect(answer?.failure?.message).toMatch(/SELF_SIGNED|ALTNAME/);
      expect(seen).toEqual([]);
    },
  );
});
