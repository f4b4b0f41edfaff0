import { type Moment, untold } from "./call.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, messageNumber, secondsOf } from "./ids.ts";
import { articled, required } from "./required.ts";
import { wecomAppExamples } from "./wecom-app-examples.ts";
import type { XmlFields } from "./xml.ts";
import { xmlFieldsOf } from "./xml-fields.ts";

interface App {
  readonly corp_id: string;
  readonly agent_id: string;
}

/**
 * What a WeCom app is told, before encryption. Messages: https://developer.work.weixin.qq.com/document/path/90239;
 * events: https://developer.work.weixin.qq.com/document/path/90240.
 *
 * @throws RangeError for what apps are never told.
 */
export function wecomAppContent(happening: Exclude<Happening, Of<"verify">>, app: App, moment: Moment): XmlFields {
  const from = (person: string): XmlFields => ({
    ToUserName: app.corp_id,
    FromUserName: person,
    CreateTime: secondsOf(moment),
  });
  const event = (person: string, name: string, fields: XmlFields): XmlFields => ({
    ...from(person),
    MsgType: "event",
    Event: name,
    ...fields,
    AgentID: Number(app.agent_id),
  });
  switch (happening.event) {
    case "message":
      return {
        ...from(happening.person),
        ...messageFields(happening),
        MsgId: messageNumber(happening.message, moment),
        AgentID: Number(app.agent_id),
      };
    case "click":
      return event(happening.person, "template_card_event", clickFields(happening, moment));
    case "subscribe":
    case "unsubscribe":
      return event(happening.person, happening.event, {});
    case "enter":
      return event(happening.person, "enter_agent", { EventKey: "" });
    case "menu":
      return happening.opens === undefined
        ? event(happening.person, "click", { EventKey: happening.key })
        : event(happening.person, "view", { EventKey: happening.opens });
    case "scan":
      return event(happening.person, "scancode_push", {
        EventKey: "scan",
        ScanCodeInfo: { ScanType: "qrcode", ScanResult: happening.scene },
      });
    case "location":
      return event(happening.person, "LOCATION", {
        Latitude: happening.latitude,
        Longitude: happening.longitude,
        Precision: 20,
        AppType: "wxwork",
      });
    case "native": {
      const example = wecomAppExamples[happening.name];
      const person = happening.person ?? example?.person ?? "zhangsan";
      return event(person, happening.name, { ...example?.fields, ...xmlFieldsOf(happening.fields) });
    }
    case "join":
    case "leave":
      return untold("wecom", happening, "apps learn of members by subscribe and unsubscribe, and never of group chats");
    default:
      return untold("wecom", happening, "WeCom reports neither reading, nor delivery, recalls or reactions");
  }
}

function messageFields(message: Of<"message">): XmlFields {
  if (message.chat !== undefined) {
    throw new RangeError(
      "chat: what is written in WeCom's groups is not passed to apps; use wecom-bot, or leave it out",
    );
  }
  const { kind, text, title = "" } = message;
  const media = () => required("media", message.media, `${articled(kind)} has a media id`);
  switch (kind) {
    case "text":
      return { MsgType: "text", Content: text };
    case "image":
      return { MsgType: "image", PicUrl: message.url ?? "https://example.com/picture.jpg", MediaId: media() };
    case "voice":
      return { MsgType: "voice", MediaId: media(), Format: "amr" };
    case "video":
      return { MsgType: "video", MediaId: media(), ThumbMediaId: `${media()}-thumb` };
    case "file":
      // Not among the documented kinds; the names follow the kinds around it.
      return { MsgType: "file", MediaId: media(), FileName: message.fileName ?? "file" };
    case "location":
      return {
        MsgType: "location",
        Location_X: required("latitude", message.latitude, "a location has one"),
        Location_Y: required("longitude", message.longitude, "a location has one"),
        Scale: 15,
        Label: text,
        AppType: "wxwork",
      };
    case "link":
      return {
        MsgType: "link",
        Title: title,
        Description: text,
        Url: required("url", message.url, "a link has one"),
        PicUrl: "https://example.com/picture.jpg",
      };
    case "post":
      throw new RangeError("kind: WeCom apps get no post; use text");
  }
}

function clickFields({ message, key, chosen }: Of<"click">, moment: Moment): XmlFields {
  const items = Object.entries(chosen ?? {}).map(([question, options]) => ({
    QuestionKey: question,
    OptionIds: { OptionId: options },
  }));
  return {
    EventKey: key,
    TaskId: message,
    CardType: items.length > 0 ? "multiple_interaction" : "button_interaction",
    ResponseCode: hexId(moment),
    ...(items.length > 0 ? { SelectedItems: { SelectedItem: items } } : {}),
  };
}
