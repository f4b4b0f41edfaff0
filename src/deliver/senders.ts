import type { Message } from "../model/message.ts";
import type { RateWindow } from "../model/rate.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Account, Channel } from "../model/recipient.ts";
import type { Payload, Platform, Ports, RenderContext, Sender } from "../platforms/definition.ts";
import { postingThrough } from "../platforms/proxied.ts";

interface Speaker {
  readonly platform: Platform;
  readonly direct: Sender<unknown, unknown>;
  /** By the address of the proxy that their requests leave through. */
  readonly proxied: Map<string, Sender<unknown, unknown>>;
}

/** The platforms, connected. */
export class Senders {
  readonly #ports: Ports;
  readonly #speakers = new Map<string, Speaker>();

  constructor(platforms: readonly Platform[], ports: Ports) {
    this.#ports = ports;
    for (const platform of platforms) {
      this.#speakers.set(platform.id, { platform, direct: platform.connect(ports), proxied: new Map() });
    }
  }

  /** The limits a Channel is held to: its own, or the platform's published ones. */
  ratesOf(channel: Channel): readonly RateWindow[] {
    return channel.rate ?? this.#speakers.get(channel.platform)?.platform.limits.rate ?? [];
  }

  render(message: Message, channel: Channel, context: RenderContext): readonly Payload[] {
    return this.#speaker(channel).platform.render(message, channel.settings, context);
  }

  send(
    payload: Payload,
    channel: Channel,
    account: Account | undefined,
    options: { key: string; timeoutMs: number },
  ): Promise<Receipt> {
    return this.#sender(channel).send({
      payload,
      channel: channel.settings,
      account: account?.settings,
      ...options,
    });
  }

  async close(): Promise<void> {
    const senders = [...this.#speakers.values()].flatMap(({ direct, proxied }) => [direct, ...proxied.values()]);
    await Promise.all(senders.map((sender) => sender.close?.()));
  }

  #sender(channel: Channel): Sender<unknown, unknown> {
    const { platform, direct, proxied } = this.#speaker(channel);
    const { proxy } = channel;
    if (proxy === undefined) return direct;
    const known = proxied.get(proxy);
    if (known) return known;
    const made = platform.connect({ ...this.#ports, http: postingThrough(proxy, this.#ports.http) });
    proxied.set(proxy, made);
    return made;
  }

  #speaker(channel: Channel): Speaker {
    const speaker = this.#speakers.get(channel.platform);
    if (!speaker) throw new Error(`no platform ${channel.platform} for channel ${channel.id}`);
    return speaker;
  }
}
