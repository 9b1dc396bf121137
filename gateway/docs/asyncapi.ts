/**
 * The WebSocket as an AsyncAPI 3.0 document, made from the schemas the gateway reads by. One channel, for
 * all goes through one socket; an operation per method, with its answer, and one per kind of push.
 */
import { CODES } from "../errors.ts";
import { CHANNELS, pushForm } from "../forms/pushes.ts";
import { Ignored, Limits, Trouble } from "../forms/trouble.ts";
import { Channel } from "../market-data/topics.ts";
import { type Example, type Method, METHODS } from "./methods.ts";
import { type Plain, plain } from "./plain.ts";
import { PUSHES } from "./pushes.ts";

const ADDRESS = "/v1/ws";
const DIALECT = "draft-07";
const TIME = { type: "string", format: "date-time" };
const REQ_ID = {
  description: "Your own number or name of the request, which its answer repeats.",
  anyOf: [{ type: "integer" }, { type: "string", maxLength: 64 }],
};
const REQ_ID_BACK = { anyOf: [...REQ_ID.anyOf, { type: "null" }] };
const TIMES = {
  time_in: { ...TIME, description: "When the frame came in here." },
  time_out: { ...TIME, description: "When its answer was written." },
};
const EXAMPLE_TIMES = {
  time_in: "2026-11-21T02:10:00.123400Z",
  time_out: "2026-11-21T02:10:00.124900Z",
};

/** Names of a document's components know no other characters. */
export const nameOf = (name: string): string => name.replaceAll(/[^\w.-]/g, "_");

const ref = (to: string): Plain => ({ $ref: `#/${to}` });
const messageRef = (name: string): Plain => ref(`channels/socket/messages/${nameOf(name)}`);
const inSocket = { channel: ref("channels/socket") };

export function asyncApi(version: string): Plain {
  const channels = Object.values(Channel);
  const messages: Record<string, Plain> = Object.assign(
    { refusal: refusal() },
    ...METHODS.map((method) => ({
      [nameOf(`${method.name}.request`)]: request(method),
      [nameOf(`${method.name}.answer`)]: answer(method),
    })),
    ...channels.map((channel) => ({ [nameOf(`${channel}.push`)]: push(channel) })),
  ) as Record<string, Plain>;
  const names = Object.keys(messages);
  return {
    asyncapi: "3.0.0",
    info: { title: "Solebook over WebSocket", version, description: ABOUT, license: LICENSE },
    defaultContentType: "application/json",
    servers: { here: { host: "127.0.0.1:8787", protocol: "ws" } },
    channels: {
      socket: {
        address: ADDRESS,
        description: "Requests one way, answers and pushes the other.",
        messages: Object.fromEntries(
          names.map((name) => [name, ref(`components/messages/${name}`)]),
        ),
        bindings: { ws: { query: QUERY } },
      },
    },
    operations: Object.assign(
      {},
      ...METHODS.map((method) => ({ [nameOf(method.name)]: receive(method) })),
      ...channels.map((channel) => ({ [nameOf(`push.${channel}`)]: send(channel) })),
    ) as Plain,
    components: {
      messages,
      schemas: {
        Error: plain(Trouble, DIALECT),
        Limits: plain(Limits, DIALECT),
        Ignored: plain(Ignored, DIALECT),
      },
    },
    "x-error-codes": errorCodes(),
  };
}

const LICENSE = { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" };
const ABOUT =
  "Market data and orders over one socket. Unknown fields are ignored, and named in the answer; ignore " +
  "those you do not know, too. With `?encoding=proto` the same messages go as binary frames of Protocol Buffers, " +
  "`solebook.gateway.v1.Frame` of proto/solebook/gateway/v1/frame.proto.";
const QUERY = {
  type: "object",
  properties: {
    encoding: {
      type: "string",
      enum: ["json", "proto"],
      default: "json",
      description: "JSON in text frames, or Protocol Buffers in binary ones.",
    },
  },
};

function receive(method: Method): Plain {
  const { name, says, scope } = method;
  const needs = scope === undefined ? "" : ` Needs a logon with the scope \`${scope}\`.`;
  return {
    action: "receive",
    ...inSocket,
    summary: says,
    description: `${says}${needs}`,
    messages: [messageRef(`${name}.request`)],
    reply: { ...inSocket, messages: [messageRef(`${name}.answer`), messageRef("refusal")] },
  };
}

function send(channel: Channel): Plain {
  const { says } = CHANNELS[channel];
  return {
    action: "send",
    ...inSocket,
    summary: says,
    messages: [messageRef(`${channel}.push`)],
  };
}

function request({ name, says, params, examples }: Method): Plain {
  return {
    name: `${name}.request`,
    title: `${name}: request`,
    summary: says,
    payload: {
      type: "object",
      required: ["method"],
      properties: {
        method: { const: name },
        req_id: REQ_ID,
        params: plain(params, DIALECT),
      },
    },
    examples: examples.map((each) => ({ name: each.says, payload: requestOf(name, each) })),
  };
}

/** An example as it goes through the socket. */
export function requestOf(method: string, { params }: Example): Plain {
  return { method, req_id: 1, params };
}

function answer({ name, result, examples }: Method): Plain {
  return {
    name: `${name}.answer`,
    title: `${name}: answer`,
    payload: {
      type: "object",
      required: ["method", "req_id", "success", "result", "time_in", "time_out"],
      properties: {
        method: { const: name },
        req_id: REQ_ID_BACK,
        success: { const: true },
        result: plain(result, DIALECT),
        ...TIMES,
        limits: ref("components/schemas/Limits"),
        ignored: ref("components/schemas/Ignored"),
      },
    },
    examples: examples.map((each) => ({ name: each.says, payload: answerOf(name, each) })),
  };
}

export function answerOf(method: string, { result }: Example): Plain {
  return { method, req_id: 1, success: true, result, ...EXAMPLE_TIMES };
}

function refusal(): Plain {
  return {
    name: "refusal",
    title: "A request that is refused",
    payload: {
      type: "object",
      required: ["method", "req_id", "success", "error", "time_in", "time_out"],
      properties: {
        method: { type: "string", description: "As sent; empty when the frame was no request." },
        req_id: REQ_ID_BACK,
        success: { const: false },
        error: ref("components/schemas/Error"),
        ...TIMES,
        limits: ref("components/schemas/Limits"),
        ignored: ref("components/schemas/Ignored"),
      },
    },
    examples: [{ name: "Not logged on", payload: REFUSAL }],
  };
}

const REFUSAL = {
  method: "add_order",
  req_id: 1,
  success: false,
  error: {
    code: "NOT_LOGGED_ON",
    class: "AUTH",
    message: "Call session.logon first.",
    retryable: false,
    request_id: "hZ3kQv0a-12",
    execution: "none",
  },
  ...EXAMPLE_TIMES,
};

function push(channel: Channel): Plain {
  const forms = (["snapshot", "update"] as const).flatMap((type) => pushForm(channel, type) ?? []);
  const payloads = forms.map((form) => plain(form, DIALECT));
  return {
    name: `${channel}.push`,
    title: `${channel}: push`,
    summary: CHANNELS[channel].says,
    payload: payloads.length === 1 ? payloads[0] : { oneOf: payloads },
    examples: [{ name: "An update", payload: PUSHES[channel] }],
  };
}

/** Every code there is, with what it means. */
export function errorCodes(): Plain {
  return Object.fromEntries(
    Object.entries(CODES).map(([code, row]) => {
      const { class: errorClass, status, message, retryable } = row;
      const execution = "execution" in row ? row.execution : "none";
      return [code, { class: errorClass, status, message, retryable, execution }];
    }),
  );
}
