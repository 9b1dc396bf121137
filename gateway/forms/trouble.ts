/** The one error object, on the socket and in problem+json, and what is around it. */
import { Type } from "@sinclair/typebox";
import { CODES, type ErrorClass } from "../errors.ts";
import { flag, listOf, oneOf, text, units } from "./words.ts";

const CLASSES = [...new Set(Object.values(CODES).map((row): ErrorClass => row.class))];

const members = {
  code: oneOf(Object.keys(CODES), "What is wrong. A code is for ever."),
  class: oneOf(CLASSES, "What kind of thing is wrong."),
  message: text("For people."),
  retryable: flag(
    "The same request may succeed later. Where `execution` is unknown, said only of what is done once " +
      "under its `Idempotency-Key`.",
  ),
  retry_after_ms: Type.Optional(units("When it may.")),
  param: Type.Optional(text("The parameter it is about.")),
  duplicate: Type.Optional(
    Type.Literal(true, { description: "It was answered so before: the first answer again." }),
  ),
  request_id: text("Quote it when you ask us."),
  execution: oneOf(
    ["none", "unknown"],
    "`none`: it certainly did not happen. `unknown`: it may have, or may yet: ask `order_status`.",
  ),
};

export const Trouble = Type.Object(members, { title: "Error" });

/** RFC 9457, with the members of the error object. */
export const ProblemJson = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: text("The code."),
    status: Type.Integer({ description: "The HTTP status.", minimum: 400, maximum: 599 }),
    detail: text("The message."),
    ...members,
  },
  { title: "Problem" },
);

/** What is left of the limit on orders that comes first. */
export const Limits = Type.Object({
  orders_left: units("Orders that may be sent now."),
  burst: units("As many as there can be left."),
  per_second: Type.Number({ description: "How many come back each second." }),
});

/** Beside an answer: what was said and is not known. */
export const Ignored = listOf(
  text("A name, with its place, such as `postOnly` or `ops[0].params.postOnly`."),
  "What your request says and nobody here knows: it was ignored, and the rest was done.",
);
