import type { Message } from "../model/message.ts";
import type { RateWindow } from "../model/rate.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Account, Channel } from "../model/recipient.ts";
import type { Payload, Platform, Ports, RenderContext, Sender } from "../platforms/definition.ts";

interface Speaker {
  readonly platform: Platform;
  readonly sender: Sender<unknown, unknown>;
}

/** The platforms, connected. */
export class Senders {
  readonly #speakers = new Map<string, Speaker>();

  constructor(platforms: readonly Platform[], ports: Ports) {
    for (const platform of platforms) {
      this.#speakers.set(platform.id, { platform, sender: platform.connect(ports) });
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
    return this.#speaker(channel).sender.send({
      payload,
      channel: channel.settings,
      account: account?.settings,
      ...options,
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#speakers.values()].map(({ sender }) => sender.close?.()));
  }

  #speaker(channel: Channel): Speaker {
    const speaker = this.#speakers.get(channel.platform);
    if (!speaker) throw new Error(`no platform ${channel.platform} for channel ${channel.id}`);
    return speaker;
  }
}
