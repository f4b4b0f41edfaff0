import { type Moment, untold } from "./call.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, messageNumber, secondsOf } from "./ids.ts";
import { officialAccountExamples } from "./official-account-examples.ts";
import { articled, required } from "./required.ts";
import type { XmlFields } from "./xml.ts";
import { xmlFieldsOf } from "./xml-fields.ts";

/**
 * What an official account is told, before encryption. Messages and events:
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html; menus:
 * https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Custom_Menu_Push_Events.html
 *
 * @throws RangeError for what accounts are never told.
 */
export function officialAccountContent(
  happening: Exclude<Happening, Of<"verify">>,
  account: string,
  moment: Moment,
): XmlFields {
  const from = (person: string): XmlFields => ({
    ToUserName: account,
    FromUserName: person,
    CreateTime: secondsOf(moment),
  });
  const event = (person: string, name: string, fields: XmlFields): XmlFields => ({
    ...from(person),
    MsgType: "event",
    Event: name,
    ...fields,
  });
  switch (happening.event) {
    case "message":
      return {
        ...from(happening.person),
        ...messageFields(happening, moment),
        MsgId: messageNumber(happening.message, moment),
      };
    case "subscribe": {
      const { scene } = happening;
      return event(happening.person, "subscribe", {
        EventKey: scene === undefined ? "" : `qrscene_${scene}`,
        ...(scene === undefined ? {} : { Ticket: hexId(moment) }),
      });
    }
    case "unsubscribe":
      return event(happening.person, "unsubscribe", { EventKey: "" });
    case "scan":
      return event(happening.person, "SCAN", { EventKey: happening.scene, Ticket: hexId(moment) });
    case "location":
      return event(happening.person, "LOCATION", {
        Latitude: happening.latitude,
        Longitude: happening.longitude,
        Precision: 20,
      });
    case "menu":
      return happening.opens === undefined
        ? event(happening.person, "CLICK", { EventKey: happening.key })
        : event(happening.person, "VIEW", { EventKey: happening.opens, MenuId: "419119340" });
    case "status":
      return event(happening.person ?? "oPlatform", ...statusFields(happening));
    case "native": {
      const fields = { ...officialAccountExamples[happening.name], ...xmlFieldsOf(happening.fields) };
      return event(happening.person ?? "oSandboxPerson", happening.name, fields);
    }
    default:
      return untold(
        "wechat-official",
        happening,
        "accounts get messages, follows, scans, menus, locations and send results",
      );
  }
}

/** The send results; note that these two write MsgID. */
function statusFields({ message, batch, status }: Of<"status">): [string, XmlFields] {
  const id = /^\d{1,19}$/.test(message) ? BigInt(message) : message;
  if (!batch) return ["TEMPLATESENDJOBFINISH", { MsgID: id, Status: status ?? "success" }];
  const example = officialAccountExamples.MASSSENDJOBFINISH;
  return ["MASSSENDJOBFINISH", { ...example, MsgID: id, Status: status ?? "send success" }];
}

function messageFields(message: Of<"message">, moment: Moment): XmlFields {
  if (message.chat !== undefined) throw new RangeError("chat: official accounts have no groups; leave it out");
  const { kind, text, title = "" } = message;
  const media = () => required("media", message.media, `${articled(kind)} has a media id`);
  switch (kind) {
    case "text":
      return { MsgType: "text", Content: text };
    case "image":
      return {
        MsgType: "image",
        PicUrl: message.url ?? `https://example.com/${hexId(moment, 4)}.jpg`,
        MediaId: media(),
      };
    case "voice":
      return { MsgType: "voice", MediaId: media(), Format: "amr", MediaId16K: `${media()}-16k` };
    case "video":
      return { MsgType: "video", MediaId: media(), ThumbMediaId: `${media()}-thumb` };
    case "location":
      return {
        MsgType: "location",
        Location_X: required("latitude", message.latitude, "a location has one"),
        Location_Y: required("longitude", message.longitude, "a location has one"),
        Scale: 15,
        Label: text,
      };
    case "link":
      return { MsgType: "link", Title: title, Description: text, Url: required("url", message.url, "a link has one") };
    case "file":
    case "post":
      throw new RangeError(`kind: official accounts get no ${kind}; use text, image, voice, video, location or link`);
  }
}
