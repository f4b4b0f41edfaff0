/** Yizhan inside another program, and what plugins are written with. */

export type { OwnPlatforms } from "./config/own-platforms.ts";
export type { PushOutcome } from "./deliver/pushes.ts";
export type { AnyEvent, EventHandler, HandlerContext, HandlerOptions } from "./dispatch/handler.ts";
export type { Replier, ReplierAnswer, ReplierContext, ReplierOptions } from "./dispatch/replier.ts";
export { ConfigurationError, type CreateHubOptions, createHub, type Hub, type Push } from "./embedded.ts";
export { type Event, type EventType, eventTypes } from "./model/event.ts";
export type * from "./model/event-data.ts";
export type { Action, Level, Mentions, Message, Style } from "./model/message.ts";
export type { PlatformError } from "./model/platform-error.ts";
export { accepted, type Receipt, refused } from "./model/receipt.ts";
export type { Reply, ReplyArticle, ReplyMusic, ReplyToast, ReplyVideo } from "./model/reply.ts";
export type { Strategy } from "./model/strategy.ts";
export * from "./platforms/definition.ts";
export {
  failureOf,
  type HttpAnswer,
  type HttpClient,
  HttpFailure,
  type HttpPost,
  statusErrorOf,
} from "./platforms/http.ts";
export * from "./platforms/receiving.ts";
export type { ReplyContent, ReplyRules, ReplyStream, ReplyWay } from "./platforms/replying.ts";
export { StoreError } from "./store/errors.ts";
