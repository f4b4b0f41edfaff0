import * as z from "zod";

const id = z.string().min(1).max(256);
const text = z.string().max(20_000);
const fields = z.record(z.string().max(128), z.unknown());

/** What people's clients can write. Not every platform passes on every kind. */
export const messageKinds = ["text", "post", "image", "voice", "video", "location", "link", "file"] as const;
export type MessageKind = (typeof messageKinds)[number];

const place = { latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) };

const happenings = [
  z.strictObject({
    /** The address check that a platform makes when the URL is saved. */
    event: z.literal("verify"),
  }),
  z.strictObject({
    event: z.literal("message"),
    person: id,
    /** The group it is written in; absent: to the app itself. */
    chat: id.optional(),
    kind: z.enum(messageKinds).default("text"),
    text: text.default(""),
    /** The platform's id of the message; made up where absent. */
    message: id.optional(),
    /** The media id, file key or download code. */
    media: id.optional(),
    fileName: z.string().max(256).optional(),
    /** For `link`, and a picture's address. */
    url: z.url({ protocol: /^https?$/ }).optional(),
    title: z.string().max(256).optional(),
    latitude: place.latitude.optional(),
    longitude: place.longitude.optional(),
    /** The message it answers. */
    replyTo: id.optional(),
  }),
  z.strictObject({
    /** A button or a form of a card. */
    event: z.literal("click"),
    person: id,
    chat: id.optional(),
    /** The card's message id, task id or outTrackId. */
    message: id,
    key: z.string().max(1_024),
    /** What the button carries. */
    value: fields.default({}),
    /** Chosen options by question. */
    chosen: z.record(z.string().max(1_024), z.array(z.string().max(1_024)).max(20).readonly()).optional(),
  }),
  z.strictObject({
    event: z.literal("read"),
    person: id,
    chat: id.optional(),
    messages: z.array(id).min(1).max(100).readonly(),
  }),
  z.strictObject({ event: z.literal("recall"), person: id, chat: id, message: id }),
  z.strictObject({ event: z.literal("react"), person: id, message: id, emoji: id }),
  z.strictObject({ event: z.literal("unreact"), person: id, message: id, emoji: id }),
  z.strictObject({
    event: z.literal("join"),
    people: z.array(id).min(1).max(100).readonly(),
    chat: id,
    operator: id.optional(),
  }),
  z.strictObject({
    event: z.literal("leave"),
    people: z.array(id).min(1).max(100).readonly(),
    chat: id,
    operator: id.optional(),
  }),
  z.strictObject({
    event: z.literal("subscribe"),
    person: id,
    /** The scene of the QR code it was done with. */
    scene: id.optional(),
  }),
  z.strictObject({ event: z.literal("unsubscribe"), person: id }),
  z.strictObject({
    /** Opens the app, or its chat. */
    event: z.literal("enter"),
    person: id,
  }),
  z.strictObject({
    event: z.literal("menu"),
    person: id,
    key: z.string().max(1_024),
    /** The menu entry opens a page instead. */
    opens: z.url({ protocol: /^https?$/ }).optional(),
  }),
  z.strictObject({ event: z.literal("scan"), person: id, scene: id }),
  z.strictObject({ event: z.literal("location"), person: id, ...place }),
  z.strictObject({
    /** What became of a message that the hub sent. */
    event: z.literal("status"),
    person: id.optional(),
    message: id,
    /** Of a message to one person, or of a mass send. */
    batch: z.boolean().default(false),
    /** The platform's word; absent: success. */
    status: z.string().max(256).optional(),
  }),
  z.strictObject({
    /** Any event of the platform, under its own name. */
    event: z.literal("native"),
    name: id,
    person: id.optional(),
    /** In the platform's own names; what is absent has an example's value where the sandbox has one. */
    fields: fields.default({}),
    /** Feishu's first envelope instead of its second. */
    envelope: z.enum(["1.0", "2.0"]).optional(),
  }),
] as const;

/** Something that people, or the platform, do and the hub is told of. */
export const happening = z.discriminatedUnion("event", happenings);
export type Happening = z.output<typeof happening>;
/** As callers write it: what has a default may be left out. */
export type HappeningInput = z.input<typeof happening>;
export type EventName = Happening["event"];
export type Of<Name extends EventName> = Extract<Happening, { readonly event: Name }>;
