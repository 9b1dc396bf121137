/** What the operator's requests carry. A product's and a band's meaning (on the tick, no size twice) is checked in `registry/`. */
import { Type } from "@sinclair/typebox";
import { SCOPES, SCOPES_DEFAULT } from "../registry/identity.ts";
import { SAYS } from "./read.ts";
import { scopes } from "./results.ts";
import { listOf, oneOf, orNull, symbol, text, time } from "./words.ts";

const optional = Type.Optional;

const SIZES_MAX = 200;
const TEXT_MAX = 200;

const name = (description: string) =>
  text(description, {
    maxLength: TEXT_MAX,
    [SAYS]: `{} is a text of at most ${TEXT_MAX} characters.`,
  });

/** Above zero, and not finer than a minor unit. */
const cost = (description: string, more: object = {}) =>
  Type.String({
    description,
    pattern: /^(?=.*[1-9])\d{1,11}(\.\d{1,2}0*)?$/.source,
    [SAYS]: '{} is a decimal text above zero, such as "241.00".',
    examples: ["241.00"],
    ...more,
  });

export const Band = Type.Object(
  { low: cost("The lowest price taken."), high: cost("The highest price taken.") },
  { [SAYS]: "{} is null or an object of low and high." },
);

/** Its ends, or `band` that is null. Which of the two it is, is found in `rest/admin.ts`. */
export const BandBody = Type.Union([
  Type.Object({ band: Type.Null({ description: "Any price." }) }),
  Type.Object({ low: cost("The lowest price taken."), high: cost("The highest price taken.") }),
]);

const SAYS_COLOURS = "colours is a list of three: upper, accent, sole, each such as #c8102e.";

export const ProductBody = Type.Object({
  tick: optional(cost("The smallest price step, at most 10000.00.", { default: "1.00" })),
  currency: optional(Type.Literal("USD", { default: "USD", [SAYS]: "currency is USD." })),
  style: text("The style code: the product's key.", {
    pattern: /^[A-Za-z0-9._-]{1,64}$/.source,
    [SAYS]: "{} is 1 to 64 characters of A-Za-z0-9._-.",
  }),
  brand: name("Who makes it."),
  model: name("The model's name."),
  colourway: optional(name("The colourway's name.")),
  retail_price: cost("What it cost when it was released."),
  release_date: Type.String({
    format: "date",
    description: "When it was, or will be, released.",
    [SAYS]: "release_date is a date, such as 2015-02-14.",
  }),
  sizes: Type.Array(
    text("A size.", {
      pattern: /^[A-Za-z]{1,8}-[A-Za-z0-9./-]{1,16}(:[A-Za-z0-9._-]{1,16})?$/.source,
      [SAYS]: "{} is a system and a size, such as US-10.5.",
    }),
    {
      minItems: 1,
      maxItems: SIZES_MAX,
      description: "Size system and size, `US-10.5`; a condition may follow, `US-10.5:USED`.",
      [SAYS]: `{} is a list of 1 to ${SIZES_MAX} sizes.`,
    },
  ),
  band: optional(
    orNull(Band, {
      description: "Prices outside are refused; null: any price.",
      [SAYS]: "{} is null or an object of low and high.",
    }),
  ),
  colours: optional(
    Type.Tuple([colour(), colour(), colour()], {
      description: "Upper, accent, sole.",
      [SAYS]: SAYS_COLOURS,
    }),
  ),
});

function colour() {
  return Type.String({ pattern: "^#[0-9a-f]{6}$" });
}

/** The states that an operator sets. */
export const STATE_WORDS = ["continuous", "halted", "closed", "pre_open"] as const;
export const StateBody = Type.Object({
  state: oneOf(
    [...STATE_WORDS],
    "`pre_open`: a release auction collects; the book must be empty.",
    { [SAYS]: "state is continuous, halted, closed or pre_open." },
  ),
});
export const StatesAnswer = Type.Object({ symbols: listOf(symbol(), "Which.") });
export const UncrossAnswer = Type.Object({
  instruments: Type.Integer({ description: "How many are uncrossed." }),
});

/** What may be changed of a key later, too. */
const keySettings = {
  scopes: optional(
    Type.Array(oneOf([...SCOPES], "A scope.", {}), {
      description: "What the key may do.",
      default: [...SCOPES_DEFAULT],
      [SAYS]: `{} is a list of ${SCOPES.join(", ")}.`,
    }),
  ),
  label: optional(
    text("For the operator.", {
      maxLength: 100,
      [SAYS]: "{} is a text of at most 100 characters.",
    }),
  ),
  trading: optional(
    Type.Boolean({
      description: "Whether it may place and amend orders: off until it is switched on.",
      default: false,
      [SAYS]: "{} is true or false.",
    }),
  ),
  expires_at: optional(
    orNull(Type.String(), {
      description: "From when on it proves nothing, an RFC 3339 time; null: it does not expire.",
      [SAYS]: "{} is an RFC 3339 time, or null.",
    }),
  ),
  addresses: optional(
    Type.Array(Type.String(), {
      description: "Addresses and networks it may be used from; none: anywhere.",
      maxItems: 100,
      default: [],
      examples: [["203.0.113.7", "2001:db8::/32"]],
      [SAYS]: "{} is a list of up to 100, each like 203.0.113.7 or 2001:db8::/32.",
    }),
  ),
};

export const KeyBody = Type.Object({
  account: text("Whose key it is; the account is made when it is new.", {
    pattern: /^[A-Za-z0-9._@-]{1,64}$/.source,
    [SAYS]: "{} is 1 to 64 characters of A-Za-z0-9._@-",
  }),
  kind: optional(
    oneOf(["ed25519", "hmac"], "How it signs.", {
      default: "ed25519",
      [SAYS]: "{} is ed25519 or hmac.",
    }),
  ),
  public_key: optional(
    text("base64url of the 32 raw bytes of an Ed25519 public key; of hmac it is refused.", {
      [SAYS]: "{} is base64url of 32 raw Ed25519 bytes.",
    }),
  ),
  ...keySettings,
});
export const KeyChangeBody = Type.Object(keySettings);

const keyFields = {
  key: text("Its id."),
  kind: oneOf(["ed25519", "hmac"], "How it signs.", {}),
  account: text("Whose."),
  account_id: Type.Integer(),
  scopes,
  label: text("As given."),
  public_key: orNull(Type.String(), { description: "As given; null of hmac." }),
  created_at: time("When it was made."),
  expires_at: orNull(time("When it expires."), { description: "Null: it does not." }),
  addresses: listOf(Type.String(), "Where it may be used from; none: anywhere."),
  trading: Type.Boolean({ description: "Whether it may place and amend orders." }),
  revoked_at: orNull(time("When it was revoked."), { description: "Null: it may be used." }),
};
export const KeyAnswer = Type.Object(keyFields);
export const NewKeyAnswer = Type.Object({
  ...keyFields,
  secret: optional(text("Of hmac, in this one answer: the text itself is the key that signs.")),
});
export const KeysAnswer = Type.Object({ keys: listOf(KeyAnswer, "In the order of their making.") });
