/**
 * Names that a request says and nobody here knows. They are ignored, so that a client may be newer than
 * the exchange; but they are told in the answer, for a `postOnly` that was meant to be `post_only` is an
 * order that may trade at once.
 */
import type { TObject, TSchema } from "@sinclair/typebox";
import {
  AccountTradesParams,
  AddOrderParams,
  AmendOrderParams,
  BatchParams,
  CancelAfterParams,
  CancelAllParams,
  CancelOnDisconnectParams,
  CancelOrderParams,
  GroupParams,
  LogonParams,
  OrderStatusParams,
  SubscribeParams,
  UnsubscribeParams,
} from "./requests.ts";

type Given = Readonly<Record<string, unknown>>;

/** As many as are told, and of each so many characters. */
const NAMES_MAX = 16;
const NAME_CHARS_MAX = 64;

const namesOf = (...forms: readonly TObject[]): ReadonlySet<string> =>
  new Set(forms.flatMap(({ properties }) => Object.keys(properties)));

const KNOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["ping", namesOf()],
  ["session.logon", namesOf(LogonParams)],
  ["subscribe", namesOf(SubscribeParams)],
  ["unsubscribe", namesOf(UnsubscribeParams)],
  ["add_order", namesOf(AddOrderParams, GroupParams)],
  ["amend_order", namesOf(AmendOrderParams)],
  ["cancel_order", namesOf(CancelOrderParams)],
  ["batch", namesOf(BatchParams)],
  ["cancel_all", namesOf(CancelAllParams)],
  ["cancel_after", namesOf(CancelAfterParams)],
  ["cancel_on_disconnect", namesOf(CancelOnDisconnectParams)],
  ["order_status", namesOf(OrderStatusParams)],
  ["account_trades", namesOf(AccountTradesParams)],
]);
const OF_LEG = namesOf(GroupParams.properties.group.items);
const OF_OPERATION = namesOf(BatchParams.properties.ops.items);

/** Such as `postOnly`, `group[1].qty`, `ops[0].params.postOnly`; almost always none. */
export function ignoredIn(method: string, params: Given): readonly string[] {
  const names: string[] = [];
  note(names, "", KNOWN.get(method), params);
  const { group, ops } = params;
  if (method === "add_order" && Array.isArray(group)) {
    (group as unknown[]).forEach((leg, at) => note(names, `group[${at}].`, OF_LEG, leg));
  }
  if (method === "batch" && Array.isArray(ops)) {
    (ops as unknown[]).forEach((op, at) => {
      note(names, `ops[${at}].`, OF_OPERATION, op);
      const { method: of, params: its } = isGiven(op) ? op : {};
      note(names, `ops[${at}].params.`, KNOWN.get(of as string), its);
    });
  }
  return names;
}

/** The same of a body that is read by `form`: such as `adresses`, `band.hgih`. */
export function ignoredBy(form: TSchema, given: Given): readonly string[] {
  const names: string[] = [];
  noteBy(names, "", form, given);
  return names;
}

interface Shape {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly anyOf?: readonly TSchema[];
}

function noteBy(names: string[], at: string, form: TSchema, given: Given): void {
  const fields = fieldsOf(form);
  if (fields.length === 0) return;
  note(names, at, new Set(fields.map(([name]) => name)), given);
  for (const [name, field] of fields) {
    const inside = Object.hasOwn(given, name) ? given[name] : undefined;
    if (isGiven(inside)) noteBy(names, `${at}${name}.`, field, inside);
  }
}

/** Of an object, or of all that an object may be. */
function fieldsOf(form: TSchema): readonly [string, TSchema][] {
  const { properties = {}, anyOf = [] } = form as Shape;
  return [...Object.entries(properties), ...anyOf.flatMap(fieldsOf)];
}

function note(
  names: string[],
  at: string,
  known: ReadonlySet<string> | undefined,
  given: unknown,
): void {
  if (known === undefined || !isGiven(given)) return;
  for (const name in given) {
    if (known.has(name) || !Object.hasOwn(given, name)) continue;
    if (names.length < NAMES_MAX) names.push(`${at}${name.slice(0, NAME_CHARS_MAX)}`);
  }
}

function isGiven(value: unknown): value is Given {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As a member more of what an answer says; nothing when there is nothing to say. */
export function writeIgnored(names: readonly string[]): string {
  return names.length === 0 ? "" : `,"ignored":${JSON.stringify(names)}`;
}
