import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { directoryOf } from "./directory.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

/** Every section of a PushServer configuration, with the values of its manual. */
const pushServerFile = `
server:
  port: 8080
  host: "0.0.0.0"
  mode: "debug"

log:
  level: "info"
  format: "json"
  output: "file"
  file_path: "log/app.log"

queue:
  worker_count: 50
  buffer_size: 10000
  timeout: 10
  max_concurrent_per_platform: 20
  batch_size: 100

recipients:
  ops_alert:
    name: "运维告警组"
    platforms:
      feishu:
        enabled: true
        webhooks:
          - url: "https://open.feishu.cn/open-apis/bot/v2/hook/xxx"
            secret: "your-secret"
            name: "告警机器人"
      dingtalk:
        enabled: true
        webhooks:
          - url: "https://oapi.dingtalk.com/robot/send?access_token=xxx"
            secret: "SEC..."
            name: "告警机器人"
      wechat:
        enabled: true
        webhooks:
          - url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx"
            secret: ""
            name: "告警群"
      email:
        enabled: true
        recipients:
          - email: "admin@example.com"
            name: "管理员邮箱"
      system:
        enabled: true
        notifications:
          - type: "console"
            name: "控制台通知"
          - type: "file"
            name: "文件通知"
          - type: "http"
            name: "HTTP通知"
            url: "http://localhost:9090/webhook/system-notify"

email:
  smtp_host: "smtp.gmail.com"
  smtp_port: 587
  username: "your-email@gmail.com"
  password: "your-app-password"
  from: "noreply@example.com"

system:
  enabled: true
  notifications:
    - type: "console"
      name: "控制台通知"
    - type: "file"
      name: "文件通知"
    - type: "http"
      name: "HTTP通知"
      url: "http://your-webhook-server.com/api/notifications"
`;

function setup() {
  const env = { YIZHAN_API_KEY: "a-key-of-the-operator" };
  const loaded = readConfig({ file: "config.yaml", text: pushServerFile, env, platforms });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded;
}

describe("a PushServer configuration", () => {
  it("loads unchanged, once there is a key for its open address", () => {
    const { config, notes } = setup();
    expect(notes).toEqual([]);
    expect(config.server).toMatchObject({ host: "0.0.0.0", port: 8080, mode: "debug" });
    expect(config.log).toMatchObject({ level: "info", format: "json", output: "file", filePath: "log/app.log" });
    expect(config.queue).toMatchObject({
      workers: 50,
      bufferSize: 10_000,
      timeoutMs: 10_000,
      maxConcurrentPerPlatform: 20,
      batchSize: 100,
    });
  });

  it("is one Recipient with its platforms in order and a last resort that names each place once", () => {
    const { accounts, channels, recipients } = directoryOf(setup().config, platforms);
    const named = recipients.map(({ alias, name, platforms: groups, notifications }) => ({
      alias,
      name,
      platforms: groups.map(({ platform, targets }) => [platform, ...targets.map((target) => target.name)]),
      notifications: notifications.map((target) => target.name),
    }));
    expect(named).toEqual([
      {
        alias: "ops_alert",
        name: "运维告警组",
        platforms: [
          ["feishu", "告警机器人"],
          ["dingtalk", "告警机器人"],
          ["wecom", "告警群"],
          ["email", "管理员邮箱"],
        ],
        notifications: ["控制台通知", "文件通知", "HTTP通知", "HTTP通知"],
      },
    ]);
    expect(channels.map(({ platform, account }) => [platform, account])).toEqual([
      ["feishu", undefined],
      ["dingtalk", undefined],
      ["wecom", undefined],
      ["email", "email-default"],
      ["system", undefined],
      ["system", undefined],
      ["system", undefined],
      ["system", undefined],
    ]);
    expect(accounts).toMatchObject([{ id: "email-default", platform: "email", settings: { smtp_port: 587 } }]);
  });
});
