/** One push as the load generator sends it, and how the receiver knows it again. */
export interface PushText {
  /** Requests of different runs are told apart: something left over from one must not count in the next. */
  readonly run: string;
  readonly recipients: readonly string[];
  readonly strategy: "failover" | "all";
  readonly style: "text" | "card";
}

/** The bytes of request `n` as Latin-1 text; recipients take turns. Made from pieces, so that it costs little. */
export function pushRequests({ run, recipients, strategy, style }: PushText): (n: number) => string {
  const made = recipients.map((alias) => {
    const body = latin1(
      JSON.stringify({
        recipient_alias: alias,
        type: "warning",
        strategy,
        style,
        content: {
          title: "订单服务告警",
          msg: `支付回调延迟超过阈值，请值班同学检查 payment-gateway。\n主机 10.2.3.4，队列 orders，编号 ${mark(run, digits0)}`,
        },
      }),
    );
    const at = body.indexOf(digits0);
    const head = `POST /api/v1/push HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    return { before: head + body.slice(0, at), after: body.slice(at + digits0.length) };
  });
  return (n) => {
    const { before, after } = made[n % made.length] ?? { before: "", after: "" };
    return before + String(n).padStart(digits0.length, "0") + after;
  };
}

/** The number in a message of this run; -1 when it has none. */
export function numberIn(run: string, text: string): number {
  const start = mark(run, "");
  const at = text.indexOf(start);
  return at < 0 ? -1 : Number(text.slice(at + start.length, at + start.length + digits0.length));
}

const digits0 = "000000000";

function mark(run: string, digits: string): string {
  return `bench-${run}-n${digits}`;
}

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
