/**
 * The interfaces as a page for people: the same tables and schemas as the documents, as HTML without a
 * line of script. What is written comes from our own code only, and is escaped nevertheless.
 */
import type { TSchema } from "@sinclair/typebox";
import { CODES } from "../errors.ts";
import { CHANNELS, pushForm } from "../forms/pushes.ts";
import { ProblemJson } from "../forms/trouble.ts";
import { Channel } from "../market-data/topics.ts";
import { answerOf, nameOf, requestOf } from "./asyncapi.ts";
import { type Field, fieldsOf } from "./fields.ts";
import { type Method, METHODS } from "./methods.ts";
import type { Operation, Sent } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { PUSHES } from "./pushes.ts";

interface Part {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly entries: readonly {
    readonly id: string;
    readonly name: string;
    readonly html: string;
  }[];
}

export function docsPage(version: string): string {
  const parts: Part[] = [
    { id: "methods", title: "Methods", about: ABOUT_METHODS, entries: METHODS.map(methodEntry) },
    {
      id: "channels",
      title: "Channels",
      about: ABOUT_CHANNELS,
      entries: Object.values(Channel).map(channelEntry),
    },
    { id: "rest", title: "REST", about: ABOUT_REST, entries: OPERATIONS.map(operationEntry) },
    { id: "errors", title: "Errors", about: ABOUT_ERRORS, entries: errorEntries() },
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Solebook's WebSocket and REST interfaces, field by field.">
<title>Interfaces · Solebook</title><link rel="icon" href="/icon.svg" type="image/svg+xml">
<script src="/theme.js"></script><link rel="stylesheet" href="/docs.css"></head><body>
<a class="skip" href="#main">To the text</a>
<header><div><a class="brand" href="/">Solebook</a><span>Interfaces ${escape(version)}</span></div></header>
<div class="page">${menu(parts)}<main id="main">${intro()}${parts.map(section).join("")}</main></div>
</body></html>`;
}

const ABOUT_METHODS =
  "One socket at `/v1/ws` for everything a machine does. A request is one JSON object, its answer repeats " +
  "`req_id`. With `?encoding=proto` the same messages go as binary frames of Protocol Buffers.";
const ABOUT_CHANNELS =
  "What `subscribe` listens to. An update's `prev_seq` is the `seq` of the push before it; another one " +
  "means that you missed something: subscribe again with `resume_from_seq`.";
const ABOUT_REST =
  "What a person asks for now and then. Bodies are `application/json`; errors `application/problem+json`. " +
  "`RateLimit`, `RateLimit-Policy` and, with 429, `Retry-After` say what is left.";
const ABOUT_ERRORS =
  "One object everywhere. A code is for ever. `execution` says whether it may have happened all the same.";

function intro(): string {
  return `<h1>Interfaces</h1><p>Market data and orders over a WebSocket, the rest over REST. Prices are
decimal texts, quantities whole numbers, times RFC 3339 with microseconds. Unknown fields are
ignored, and named in the answer; ignore those you do not know, too.</p>
<p class="links"><a href="/asyncapi.json">asyncapi.json</a><a href="/openapi.json">openapi.json</a></p>`;
}

function menu(parts: readonly Part[]): string {
  const lists = parts.map(({ id, title, entries }) => {
    const links = entries.map((each) => `<li><a href="#${each.id}">${escape(each.name)}</a></li>`);
    return `<details><summary>${title}</summary><ul><li><a href="#${id}">About</a></li>${links.join("")}</ul></details>`;
  });
  return `<nav aria-label="Contents">${lists.join("")}</nav>`;
}

function section({ id, title, about, entries }: Part): string {
  const articles = entries.map((each) => `<article id="${each.id}">${each.html}</article>`);
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2><p>${prose(about)}</p>${articles.join("")}</section>`;
}

function methodEntry(method: Method) {
  const { name, says, scope, params, result, examples } = method;
  const needs =
    scope === undefined ? "" : `<p class="by">Needs the scope <code>${scope}</code>.</p>`;
  const shown = examples.map((each) =>
    example(each.says, [requestOf(name, each), answerOf(name, each)]),
  );
  const html =
    heading(name, says) + needs + fields("Params", params) + fields("Result", result, true);
  return { id: `method-${nameOf(name)}`, name, html: html + shown.join("") };
}

function channelEntry(channel: Channel) {
  const forms = (["snapshot", "update"] as const).map((type) => {
    const form = pushForm(channel, type);
    return form === undefined
      ? ""
      : fields(type === "snapshot" ? "Snapshot" : "Update", form, true);
  });
  const html = heading(channel, CHANNELS[channel].says) + forms.join("");
  return {
    id: `channel-${nameOf(channel)}`,
    name: channel,
    html: html + example("An update", [PUSHES[channel]]),
  };
}

const BY: Record<Operation["by"], string> = {
  anyone: "",
  key: "Signed by a key: <code>Solebook-Key</code>, <code>Solebook-Timestamp</code>, <code>Solebook-Signature</code>.",
  operator:
    "For the operator: from this machine, with <code>Authorization: Bearer</code> and the admin token.",
  browser: "For this machine's own page.",
};

function operationEntry(operation: Operation) {
  const { id, method, path, says, by, query, body, answers, refusals, examples } = operation;
  const name = `${method.toUpperCase()} ${path}`;
  const replies = Object.entries(answers).map(([status, answer]) =>
    typeof answer === "string" ? "" : fields(`Answer ${status}`, answer, true),
  );
  const codes = refusals.map((code) => `<a href="#code-${code}"><code>${code}</code></a>`);
  const html = [
    heading(name, says),
    BY[by] === "" ? "" : `<p class="by">${BY[by]}</p>`,
    query === undefined ? "" : fields("Query", query),
    body === undefined ? "" : fields("Body", body),
    ...replies,
    codes.length === 0 ? "" : `<p class="codes">Refused: ${codes.join(" ")}</p>`,
    ...examples.map((each) => example(each.says, [asSent(operation, each)])),
  ];
  return { id: `rest-${id}`, name, html: html.join("") };
}

function asSent({ method, path }: Operation, { path: open = {}, query = {}, body }: Sent): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => open[name] ?? name);
  const asked = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const target = asked.length === 0 ? filled : `${filled}?${asked.join("&")}`;
  const line = `${method.toUpperCase()} ${target}`;
  return body === undefined ? line : `${line}\n${JSON.stringify(body, null, 2)}`;
}

function errorEntries(): Part["entries"] {
  const rows = Object.entries(CODES);
  const classes = [...new Set(rows.map(([, row]) => row.class))];
  const object = {
    id: "error-object",
    name: "The object",
    html:
      heading("The object", "As problem+json; on the socket without its first four.") +
      fields("Members", ProblemJson),
  };
  const lists = classes.map((name) => {
    const codes = rows.filter(([, row]) => row.class === name);
    const items = codes.map(([code, row]) => {
      const unknown =
        "execution" in row ? `<span class="must">execution ${row.execution}</span>` : "";
      const again = row.retryable ? `<span class="must">retryable</span>` : "";
      const term = `<code>${code}</code><span class="kind">${row.status}</span>${again}${unknown}`;
      return `<div id="code-${code}"><dt>${term}</dt><dd>${escape(row.message)}</dd></div>`;
    });
    const html = `<h3>${name}</h3><dl>${items.join("")}</dl>`;
    return { id: `class-${name}`, name, html };
  });
  return [object, ...lists];
}

function heading(name: string, says: string): string {
  return `<h3><code>${escape(name)}</code></h3><p>${prose(says)}</p>`;
}

function fields(title: string, schema: TSchema, isFolded = false): string {
  const forms = fieldsOf(schema);
  if (forms.every((rows) => rows.length === 0)) return "";
  const lists = forms.map((rows) => `<dl>${rows.map(fieldRow).join("")}</dl>`).join(OR);
  if (isFolded) return `<details><summary>${title}</summary>${lists}</details>`;
  return `<h4>${title}</h4>${lists}`;
}

const OR = `<p class="or">or</p>`;

function fieldRow({ path, kind, isRequired, says }: Field): string {
  const must = isRequired ? "" : `<span class="must">optional</span>`;
  const term = `<code>${escape(path)}</code><span class="kind">${escape(kind)}</span>${must}`;
  return `<div><dt>${term}</dt><dd>${prose(says)}</dd></div>`;
}

function example(says: string, shown: readonly (object | string)[]): string {
  const texts = shown.map((each) => {
    const text = typeof each === "string" ? each : JSON.stringify(each, null, 2);
    return `<pre tabindex="0">${escape(text)}</pre>`;
  });
  return `<details class="example"><summary>Example: ${escape(says)}</summary>${texts.join("")}</details>`;
}

/** Backticks are the only mark in our descriptions. */
function prose(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
