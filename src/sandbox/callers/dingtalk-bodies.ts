import type { Fields } from "../stand-in.ts";
import { type Moment, untold } from "./call.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, steadyId } from "./ids.ts";
import { articled, required } from "./required.ts";

interface Robot {
  readonly corp_id: string;
  readonly robot_code: string;
}

/** How long a message can be answered at its sessionWebhook. */
const sessionMs = 90 * 60_000;

/** A robot message's body: https://open.dingtalk.com/document/development/receive-message */
export function dingtalkMessage(message: Of<"message">, robot: Robot, moment: Moment): Fields {
  const { person, chat } = message;
  const me = steadyId("$:LWCP_v1:$", robot.robot_code);
  return {
    conversationId: chat ?? directChat(person),
    conversationType: chat === undefined ? "1" : "2",
    ...(chat === undefined ? {} : { conversationTitle: "Sandbox", isInAtList: true, atUsers: [{ dingtalkId: me }] }),
    msgId: message.message ?? `msg${hexId(moment)}==`,
    createAt: moment.nowMs,
    senderId: steadyId("$:LWCP_v1:$", person),
    senderStaffId: person,
    senderNick: person,
    senderCorpId: robot.corp_id,
    senderPlatform: "Mac",
    isAdmin: false,
    chatbotCorpId: robot.corp_id,
    chatbotUserId: me,
    robotCode: robot.robot_code,
    sessionWebhook: `https://oapi.dingtalk.com/robot/sendBySession?session=${hexId(moment)}`,
    sessionWebhookExpiredTime: moment.nowMs + sessionMs,
    ...contentOf(message),
  };
}

/** A card callback's body: https://open.dingtalk.com/document/development/event-callback-card */
export function dingtalkClick({ person, message, key, value, chosen }: Of<"click">, { corp_id }: Robot): Fields {
  const params = { ...value, ...chosen };
  const content = JSON.stringify({ cardPrivateData: { actionIds: [key], params } });
  return { type: "actionCallback", outTrackId: message, corpId: corp_id, userId: person, content };
}

/**
 * An event's body: https://open.dingtalk.com/document/development/group-session-change-event
 *
 * @throws RangeError for what apps are never told.
 */
export function dingtalkEvent(
  happening: Exclude<Happening, Of<"verify" | "message" | "click">>,
  { corp_id: corpId, robot_code }: Robot,
  moment: Moment,
): Fields {
  const time = moment.nowMs;
  const eventOf = (EventType: string, fields: Fields): Fields => ({
    EventType,
    EventTime: time,
    CorpId: corpId,
    BizId: hexId(moment, 8),
    eventId: hexId(moment),
    ...fields,
  });
  switch (happening.event) {
    case "join":
    case "leave": {
      const operator = happening.operator ?? happening.people[0] ?? "zhangsan";
      const fields = {
        timeStamp: time,
        userId: happening.people,
        unionId: happening.people.map(unionId),
        ...groupFields(happening.chat, corpId, operator),
      };
      return eventOf(happening.event === "join" ? "chat_add_member" : "chat_remove_member", fields);
    }
    case "read": {
      const [message, ...more] = happening.messages;
      if (more.length > 0) throw new RangeError("messages: DingTalk tells of one message at a time");
      const chat = happening.chat ?? directChat(happening.person);
      return eventOf("robot_msg_read", {
        ...robotFields(message ?? "", chat, happening.person, robot_code),
        OperatTime: String(time),
      });
    }
    case "recall": {
      const { message, chat, person } = happening;
      return eventOf("robot_msg_recall", { ...robotFields(message, chat, person, robot_code), OperatTime: time });
    }
    case "native":
      return eventOf(happening.name, { ...examples(time, corpId)[happening.name], ...happening.fields });
    default:
      return untold("dingtalk", happening, "apps get messages, clicks, reading, recalls and members");
  }
}

function directChat(person: string): string {
  return steadyId("cid", person);
}

function unionId(person: string): string {
  return steadyId("union", person);
}

/** Over HTTP these names have capitals that the Stream's have not. */
function robotFields(message: string, chat: string, person: string, robotCode: string): Fields {
  return {
    ProcessQueryKey: message,
    OpenConversationId: chat,
    UserId: person,
    UnionId: unionId(person),
    RobotCode: robotCode,
  };
}

function groupFields(chat: string, corpId: string, operator: string): Fields {
  return {
    chatId: steadyId("chat", chat),
    openConversationId: chat,
    corpId,
    operator,
    operatorUnionId: unionId(operator),
  };
}

/** Events that no simulated person causes. */
function examples(timeStamp: number, corpId: string): Readonly<Record<string, Fields>> {
  const group = { timeStamp, ...groupFields("cidsandbox==", corpId, "zhangsan") };
  return {
    chat_quit: group,
    chat_disband: group,
    chat_update_owner: { ...group, owner: "lisi" },
    chat_update_title: { ...group, title: "Beach" },
    chat_template_change: {
      templateId: "template-1",
      status: "on",
      openConversationId: "cidsandbox==",
      operator: "zhangsan",
      changedTimeStamp: timeStamp,
    },
    user_add_org: { UserId: ["lisi"], OptStaffId: "zhangsan", TimeStamp: String(timeStamp) },
    user_modify_org: { UserId: ["lisi"], OptStaffId: "zhangsan", TimeStamp: String(timeStamp) },
    user_leave_org: { UserId: ["lisi"], OptStaffId: "zhangsan", TimeStamp: String(timeStamp) },
    org_dept_create: { DeptId: [1], TimeStamp: String(timeStamp) },
    label_user_change: { TimeStamp: String(timeStamp) },
  };
}

/** A group's text begins with the blank that stood behind the robot's mention. */
function contentOf(message: Of<"message">): Fields {
  const { kind, text, fileName = "file.bin" } = message;
  const isGroup = message.chat !== undefined;
  const code = () => required("media", message.media, `${articled(kind)} has a download code`);
  if (isGroup && (kind === "voice" || kind === "video" || kind === "file")) {
    throw new RangeError(`kind: a ${kind} cannot be sent to the robot in a group; leave chat out`);
  }
  switch (kind) {
    case "text":
      return { msgtype: "text", text: { content: isGroup ? ` ${text}` : text } };
    case "post": {
      const picture = message.media === undefined ? [] : [{ type: "picture", downloadCode: message.media }];
      return { msgtype: "richText", content: { richText: [{ text }, ...picture] } };
    }
    case "image":
      return { msgtype: "picture", content: { downloadCode: code(), pictureDownloadCode: code() } };
    case "voice":
      return { msgtype: "audio", content: { downloadCode: code(), duration: 4_000, recognition: text } };
    case "video":
      return { msgtype: "video", content: { downloadCode: code(), duration: 4_000, videoType: "mp4" } };
    case "file":
      return { msgtype: "file", content: { downloadCode: code(), fileName } };
    case "location":
    case "link":
      throw new RangeError(`kind: the robot gets no ${kind}; use text, post, image, voice, video or file`);
  }
}
