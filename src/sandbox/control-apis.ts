import * as z from "zod";
import { apiPlatforms, type KeptFile } from "./apis/api-state.ts";
import { robotFilePath, sealedFile } from "./apis/wecom-robot-files.ts";
import { appPlatforms } from "./app-secrets.ts";
import { encodingAesKey } from "./callers/seal-settings.ts";
import { bodyOf, oneOf, type Route, wrong } from "./control-route.ts";
import { isFields, json } from "./stand-in.ts";

const name = z.string().min(1).max(256);
const appBody = z.strictObject({ secret: z.string().min(1).max(256) });
const addressBody = z.strictObject({ addresses: z.array(z.string().min(1).max(64)).max(10_000) });
const fileQuery = z.strictObject({ name: name.optional(), encoding_aes_key: encodingAesKey.optional() });

/** What is behind the platforms' APIs: apps, tokens, files, what became of messages, addresses. */
export const apiRoutes: readonly Route[] = [
  {
    path: ["apps"],
    methods: { GET: ({ secrets }) => json(200, { apps: secrets.list() }) },
  },
  {
    path: ["apps", "{platform}", "{id}"],
    methods: {
      PUT({ secrets }, call, [, platform, id]) {
        const app = { platform: oneOf(appPlatforms, platform, "platform with apps"), id: name.parse(id) };
        secrets.declare(app, appBody.parse(bodyOf(call)).secret);
        return json(200, { app });
      },
      DELETE({ secrets }, _call, [, platform, id = ""]) {
        const app = { platform: oneOf(appPlatforms, platform, "platform with apps"), id };
        return secrets.forget(app) ? json(200, {}) : wrong(404, `no app ${platform}/${id} was declared`);
      },
    },
  },
  {
    path: ["tokens"],
    methods: {
      DELETE({ apis }) {
        apis.endTokens();
        return json(200, {});
      },
    },
  },
  {
    path: ["files"],
    methods: { GET: ({ apis }) => json(200, { files: apis.files().map(shown) }) },
  },
  {
    path: ["files", "{platform}", "{ref}"],
    methods: {
      /** The body is the file; with a key it is what somebody sent to a robot, and the answer says where it is. */
      PUT({ apis }, { body, headers, query }, [, platform, ref]) {
        const { name: called, encoding_aes_key: key } = fileQuery.parse(Object.fromEntries(query));
        const file: KeptFile = {
          platform: oneOf(apiPlatforms, platform, "platform with files"),
          ref: name.parse(ref),
          bytes: key === undefined ? body : sealedFile(body, key),
          contentType: headers["content-type"] ?? "application/octet-stream",
          ...(called === undefined ? {} : { name: called }),
        };
        if (key !== undefined && file.platform !== "wecom") throw new RangeError("encoding_aes_key: only for wecom");
        apis.keepFile(file);
        const url = key === undefined ? {} : { url: `http://${headers.host}${robotFilePath(file.ref)}` };
        return json(200, { file: { ...shown(file), ...url } });
      },
      DELETE({ apis }, _call, [, platform, ref = ""]) {
        const dropped = apis.dropFile(oneOf(apiPlatforms, platform, "platform with files"), ref);
        return dropped ? json(200, {}) : wrong(404, `there is no file ${platform}/${ref}`);
      },
    },
  },
  {
    path: ["statuses", "{platform}", "{message}"],
    methods: {
      PUT({ apis }, call, [, platform, message]) {
        const answer = bodyOf(call);
        if (!isFields(answer)) throw new RangeError("the body must be the object that the platform answers with");
        apis.setStatus(oneOf(apiPlatforms, platform, "platform that is asked"), name.parse(message), answer);
        return json(200, {});
      },
    },
  },
  {
    path: ["addresses"],
    methods: { GET: ({ apis }) => json(200, { addresses: Object.fromEntries(apis.addresses) }) },
  },
  {
    path: ["addresses", "{platform}"],
    methods: {
      PUT({ apis }, call, [, platform]) {
        const publishes = oneOf(["wecom", "wechat-official"], platform, "platform that publishes its addresses");
        apis.addresses.set(publishes, addressBody.parse(bodyOf(call)).addresses);
        return json(200, {});
      },
    },
  },
];

function shown({ platform, ref, bytes, contentType, name: called }: KeptFile): object {
  return { platform, ref, bytes: bytes.length, contentType, ...(called === undefined ? {} : { name: called }) };
}
