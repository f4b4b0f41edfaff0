import type { XmlFields } from "./xml.ts";

const pictures = { Count: 1, PicList: { item: [{ PicMd5Sum: "1b5f7c23b5bf75682a53e7b6d163e185" }] } };
const scanned = { EventKey: "scan", ScanCodeInfo: { ScanType: "qrcode", ScanResult: "1" } };
const template = "VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc";

/**
 * One example of the fields of each event that official accounts are told of. Source:
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html and the pages of
 * template messages, subscribe notices and mass sends.
 */
export const officialAccountExamples: Readonly<Record<string, XmlFields>> = {
  subscribe: { EventKey: "" },
  unsubscribe: { EventKey: "" },
  SCAN: { EventKey: "scene-1", Ticket: "ticket-1" },
  LOCATION: { Latitude: 23.137466, Longitude: 113.352425, Precision: 119.385 },
  CLICK: { EventKey: "report" },
  VIEW: { EventKey: "https://example.com/", MenuId: "419119340" },
  view_miniprogram: { EventKey: "pages/index/index", MenuId: "419119340" },
  scancode_push: scanned,
  scancode_waitmsg: scanned,
  pic_sysphoto: { EventKey: "photo", SendPicsInfo: pictures },
  pic_photo_or_album: { EventKey: "photo", SendPicsInfo: pictures },
  pic_weixin: { EventKey: "photo", SendPicsInfo: pictures },
  location_select: {
    EventKey: "place",
    SendLocationInfo: { Location_X: 23, Location_Y: 113, Scale: 15, Label: "广州市海珠区", Poiname: "" },
  },
  TEMPLATESENDJOBFINISH: { MsgID: 200163836n, Status: "success" },
  MASSSENDJOBFINISH: {
    MsgID: 1000001625n,
    Status: "send success",
    TotalCount: 100,
    FilterCount: 80,
    SentCount: 75,
    ErrorCount: 5,
    CopyrightCheckResult: { Count: 0, ResultList: {}, CheckState: 2 },
    ArticleUrlResult: { Count: 0, ResultList: {} },
  },
  subscribe_msg_popup_event: {
    SubscribeMsgPopupEvent: { List: [{ TemplateId: template, SubscribeStatusString: "accept", PopupScene: 2 }] },
  },
  subscribe_msg_change_event: {
    SubscribeMsgChangeEvent: { List: [{ TemplateId: template, SubscribeStatusString: "reject" }] },
  },
  subscribe_msg_sent_event: {
    SubscribeMsgSentEvent: {
      List: [{ TemplateId: template, MsgID: "1700827132819554304", ErrorCode: 0, ErrorStatus: "success" }],
    },
  },
  PUBLISHJOBFINISH: { PublishEventInfo: { publish_id: 2247503051n, publish_status: 0, article_id: "article-1" } },
  user_info_modified: { OpenID: "oSandboxPerson", AppID: "wxSandbox", RevokeInfo: "1" },
  user_authorization_revoke: { OpenID: "oSandboxPerson", AppID: "wxSandbox", RevokeInfo: "1" },
  user_authorization_cancellation: { OpenID: "oSandboxPerson", AppID: "wxSandbox" },
};
