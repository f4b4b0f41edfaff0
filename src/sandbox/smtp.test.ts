import { createTransport } from "nodemailer";
import { describe, expect, it, onTestFinished } from "vitest";
import { visit } from "./sandbox-fixture.ts";
import type { Sandbox, SandboxOptions } from "./server.ts";

const mail = {
  from: "hub@example.com",
  to: "ops@example.com",
  subject: "磁盘告警",
  text: "第一行\n第二行",
  html: "<b>x</b>",
};

describe("the mail sink", () => {
  it("shows a mail as its reader would see it, once for each recipient", async () => {
    const { sandbox, send } = await open();
    await send({ ...mail, to: ["ops@example.com", "dev@example.com"] });
    expect(sandbox.inbox.list()).toMatchObject([
      {
        platform: "email",
        type: "mail",
        token: "ops@example.com",
        text: "磁盘告警\n第一行\n第二行",
        headers: { subject: "磁盘告警", from: "hub@example.com" },
        body: { envelope: { from: "hub@example.com", secure: true }, text: "第一行\n第二行", html: "<b>x</b>" },
      },
      { token: "dev@example.com" },
    ]);
    expect(sandbox.statistics().platforms.email).toMatchObject({ requests: 2, accepted: 2 });
  });

  it("takes mail without TLS too", async () => {
    const { sandbox, send } = await open({}, { ignoreTLS: true });
    await send(mail);
    expect(sandbox.inbox.list()).toMatchObject([{ body: { envelope: { secure: false } } }]);
  });

  it.each([
    ["the right password", { user: "hub", pass: "s3cret" }, undefined],
    ["a wrong password", { user: "hub", pass: "wrong" }, { code: "EAUTH", responseCode: 535 }],
    ["another user", { user: "bub", pass: "s3cret" }, { code: "EAUTH", responseCode: 535 }],
    ["no login", undefined, { responseCode: 530 }],
  ])("with a login, given %s", async (_, auth, error) => {
    const { sandbox, send } = await open({ smtpLogin: { user: "hub", password: "s3cret" } }, auth ? { auth } : {});
    if (error) await expect(send(mail)).rejects.toMatchObject(error);
    else await send(mail);
    expect(sandbox.inbox.kept).toBe(error ? 0 : 1);
  });
});

describe("a fault of the mail sink", () => {
  it.each([
    [
      "fail at the data",
      { mode: "fail", code: "554", message: "5.7.1 refused" },
      { responseCode: 554, command: "DATA" },
    ],
    ["fail at the recipient", { mode: "fail", code: "550", stage: "rcpt" }, { code: "EENVELOPE", responseCode: 550 }],
    ["fail", { mode: "fail" }, { responseCode: 451 }],
    ["throttle", { mode: "throttle" }, { responseCode: 450 }],
    ["drop", { mode: "drop" }, {}],
    ["garbage", { mode: "garbage" }, {}],
  ] as const)("that should %s does, once", async (_, fault, error) => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ platform: "email", times: 1, ...fault });
    await expect(send(mail)).rejects.toMatchObject(error);
    expect(sandbox.inbox.kept).toBe(0);
    await send(mail);
    expect(sandbox.inbox.kept).toBe(1);
    expect(sandbox.statistics().platforms.email.faults).toEqual({ [fault.mode]: 1 });
  });

  it("after accepting, shows the mail all the same", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "drop", beforeAccepting: false, times: 1 });
    await expect(send(mail)).rejects.toThrow();
    await send(mail);
    expect(sandbox.inbox.list().map(({ duplicateOf }) => duplicateOf)).toEqual([undefined, 1]);
  });

  it("strikes a mail once, however many recipients it has", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "fail", times: 2 });
    const both = { ...mail, to: ["ops@example.com", "dev@example.com"] };
    await expect(send(both)).rejects.toThrow();
    await expect(send(both)).rejects.toThrow();
    await send(both);
    expect(sandbox.inbox.kept).toBe(2);
  });

  it("meant for robots too is still an SMTP reply", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "fail", code: "19021" });
    await expect(send(mail)).rejects.toMatchObject({ responseCode: 451 });
  });

  it("strikes the recipient that it names", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "fail", platform: "email", token: "dev@example.com" });
    await send(mail);
    await expect(send({ ...mail, to: "dev@example.com" })).rejects.toMatchObject({ responseCode: 451 });
  });

  it("that stalls lets go when it is deleted", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "stall", platform: "email", times: 1 });
    const stalled = send(mail);
    await expect.poll(() => sandbox.statistics().platforms.email.faults.stall).toBe(1);
    expect(sandbox.inbox.kept).toBe(0);
    sandbox.faults.clear();
    await stalled;
    expect(sandbox.inbox.kept).toBe(1);
  });

  it("that stalls does not keep the sandbox from closing", async () => {
    const { sandbox, send } = await open();
    sandbox.faults.add({ mode: "stall" });
    const settled = expect(send(mail)).rejects.toThrow();
    await expect.poll(() => sandbox.statistics().platforms.email.faults.stall).toBe(1);
    await sandbox.close();
    await settled;
    expect(sandbox.inbox.kept).toBe(0);
  });
});

type Settings = { ignoreTLS?: boolean; auth?: { user: string; pass: string } };

async function open(options: SandboxOptions = {}, settings: Settings = {}) {
  const { sandbox } = await visit(options, { smtpPort: 0 });
  const transport = createTransport({
    host: "127.0.0.1",
    port: portOf(sandbox),
    tls: { rejectUnauthorized: false },
    ...settings,
  });
  onTestFinished(() => transport.close());
  return {
    sandbox,
    send: (message: Omit<typeof mail, "to"> & { to: string | string[] }) => transport.sendMail(message),
  };
}

function portOf({ smtpPort }: Sandbox): number {
  if (smtpPort === undefined) throw new Error("the sandbox has no mail sink");
  return smtpPort;
}
