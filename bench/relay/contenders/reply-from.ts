/** @fastify/reply-from, its bodies passed on as they come. */
import type { AddressInfo } from "node:net";
import replyFrom from "@fastify/reply-from";
import Fastify from "fastify";

const [base = ""] = process.argv.slice(2);
const app = Fastify({ logger: false });
await app.register(replyFrom, { base });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
app.all("/wework-callback/*", (request, reply) => reply.from(request.url.slice("/wework-callback".length)));
await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${(app.server.address() as AddressInfo).port}\n`);
