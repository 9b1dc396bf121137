/** Numbers that change: marked for a moment when they do, by colour and arrow, never by colour alone. */
import { useEffect, useRef } from "react";
import { readMinor } from "../../client/index.ts";
import { money } from "./money.ts";

interface FigureProps {
  /** As the exchange writes it; null: there is none. */
  readonly price: string | null | undefined;
  /** What stands there when there is none, as words for a screen reader. */
  readonly none?: string;
  readonly className?: string;
}

/** A price that flashes when it moves. A new one in its place is a new element, so the flash restarts. */
export function Figure({ price, none = "none", className = "" }: FigureProps) {
  const before = useRef(price);
  const changes = useRef(0);
  const moved = movedFrom(before.current, price);
  if (before.current !== price) changes.current++;
  useEffect(() => {
    before.current = price;
  }, [price]);
  if (price === null || price === undefined) {
    return (
      <span className={`${className} figure-none`}>
        <span aria-hidden>–</span>
        <span className="unseen">{none}</span>
      </span>
    );
  }
  return (
    <span key={changes.current} className={`flash ${className}`} data-moved={moved}>
      {money(price)}
    </span>
  );
}

function movedFrom(
  before: string | null | undefined,
  now: string | null | undefined,
): "up" | "down" | undefined {
  if (before === null || before === undefined || now === null || now === undefined)
    return undefined;
  const step = readMinor(now) - readMinor(before);
  return step === 0 ? undefined : step > 0 ? "up" : "down";
}

/** A difference with its direction: an arrow, a sign for who does not see arrows, and the amount. */
export function Change({ amount, note }: { readonly amount: string; readonly note?: string }) {
  const minor = readMinor(amount);
  const direction = minor > 0 ? "up" : minor < 0 ? "down" : "flat";
  const size = money(amount.replace("-", ""));
  return (
    <span className="change" data-direction={direction}>
      <span aria-hidden>{ARROWS[direction]} </span>
      <span className="unseen">{WORDS[direction]} </span>
      {size}
      {note !== undefined && <span className="change-note"> {note}</span>}
    </span>
  );
}

const ARROWS = { up: "▲", down: "▼", flat: "–" } as const;
const WORDS = { up: "up", down: "down", flat: "unchanged," } as const;
