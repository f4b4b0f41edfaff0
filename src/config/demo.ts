/** Where the sandbox listens. */
export interface DemoPlaces {
  /** e.g. `http://127.0.0.1:8090`, without a path. */
  readonly sandboxUrl: string;
  readonly smtpPort: number;
}

/** Fixed, so that the demonstration's Channels are the same ones after a restart. */
export const demoPlaces: DemoPlaces = { sandboxUrl: "http://127.0.0.1:8090", smtpPort: 8025 };

/** The robots that the demonstration pushes to. The sandbox is told their secrets, so that it checks the signatures. */
export const demoRobots = {
  feishu: { token: "demo", secret: "demo-secret" },
  dingtalk: { token: "demo", secret: "SECdemo0000000000000000000000000000000000000000000000000000000000" },
  wecom: { token: "demo" },
} as const;

/** The configuration that runs when no file is given, as a file: it is also an example of one. */
export function demoConfig({ sandboxUrl, smtpPort }: DemoPlaces): string {
  const { feishu, dingtalk, wecom } = demoRobots;
  const { hostname, port } = new URL(sandboxUrl);
  return `# The built-in demonstration: every platform is the hub's own sandbox.
server:
  host: "127.0.0.1"
  port: 8080

sandbox:
  enabled: true
  port: ${port || 80}
  smtp_port: ${smtpPort}

recipients:
  ops_alert:
    name: "运维告警组"
    platforms:
      feishu:
        webhooks:
          - name: "飞书告警群"
            url: "${sandboxUrl}/open-apis/bot/v2/hook/${feishu.token}"
            secret: "${feishu.secret}"
      dingtalk:
        webhooks:
          - name: "钉钉告警群"
            url: "${sandboxUrl}/robot/send?access_token=${dingtalk.token}"
            secret: "${dingtalk.secret}"
      wecom:
        webhooks:
          - name: "企业微信告警群"
            url: "${sandboxUrl}/cgi-bin/webhook/send?key=${wecom.token}"
      email:
        recipients:
          - name: "值班邮箱"
            email: "ops@example.com"

email:
  smtp_host: "${hostname}"
  smtp_port: ${smtpPort}
  tls: "none"
  from: "yizhan@example.com"

system:
  enabled: true
  notifications:
    - type: "console"
      name: "控制台通知"
    - type: "file"
      name: "文件通知"
    - type: "http"
      name: "站内通知"
`;
}
