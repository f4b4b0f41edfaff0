import type { XmlFields } from "./xml.ts";

interface Example {
  /** Whom it comes from where no person caused it. */
  readonly person?: string;
  readonly fields: XmlFields;
}

const pictures = { Count: 1, PicList: { item: [{ PicMd5Sum: "1b5f7c23b5bf75682a53e7b6d163e185" }] } };
const scanned = { EventKey: "scan", ScanCodeInfo: { ScanType: "qrcode", ScanResult: "1" } };
const card = { EventKey: "approve", TaskId: "task-1", CardType: "button_interaction", ResponseCode: "response-1" };

/**
 * One example of each event that WeCom tells apps of. Source: https://developer.work.weixin.qq.com/document/path/90240
 */
export const wecomAppExamples: Readonly<Record<string, Example>> = {
  subscribe: { fields: {} },
  unsubscribe: { fields: {} },
  enter_agent: { fields: { EventKey: "" } },
  LOCATION: { fields: { Latitude: 23.104, Longitude: 113.32, Precision: 65, AppType: "wxwork" } },
  click: { fields: { EventKey: "report" } },
  view: { fields: { EventKey: "https://example.com/" } },
  view_miniprogram: { fields: { EventKey: "pages/index" } },
  scancode_push: { fields: scanned },
  scancode_waitmsg: { fields: scanned },
  pic_sysphoto: { fields: { EventKey: "photo", SendPicsInfo: pictures } },
  pic_photo_or_album: { fields: { EventKey: "photo", SendPicsInfo: pictures } },
  pic_weixin: { fields: { EventKey: "photo", SendPicsInfo: pictures } },
  location_select: {
    fields: {
      EventKey: "place",
      SendLocationInfo: { Location_X: 23, Location_Y: 113, Scale: 15, Label: "广州市海珠区", Poiname: "" },
      AppType: "wxwork",
    },
  },
  batch_job_result: {
    person: "sys",
    fields: { BatchJob: { JobId: "job-1", JobType: "sync_user", ErrCode: 0, ErrMsg: "ok" } },
  },
  change_contact: {
    person: "sys",
    fields: { ChangeType: "create_user", UserID: "zhangsan", Name: "张三", Department: "1,2" },
  },
  open_approval_change: {
    person: "sys",
    fields: { ApprovalInfo: { ThirdNo: "201806010001", OpenSpName: "付款", OpenSpStatus: 1, ApplyUserId: "zhangsan" } },
  },
  taskcard_click: { fields: { EventKey: "approve", TaskId: "task-1" } },
  template_card_event: {
    fields: {
      ...card,
      SelectedItems: { SelectedItem: [{ QuestionKey: "colour", OptionIds: { OptionId: ["red", "green"] } }] },
    },
  },
  template_card_menu_event: { fields: card },
  share_agent_change: { person: "sys", fields: {} },
  share_chain_change: { person: "sys", fields: {} },
  inactive_alert: { person: "sys", fields: {} },
  close_inactive_agent: { person: "sys", fields: {} },
  reopen_inactive_agent: { person: "sys", fields: {} },
  low_active_alert: { person: "sys", fields: { EffectTime: 1_767_225_600 } },
  low_active: { person: "sys", fields: {} },
  active_restored: { person: "sys", fields: {} },
};
