/**
 * Logging out. An account that the exchange gave to this browser has no other way in: that is said
 * first, and what it has open is cancelled with it, for nobody could any more.
 */
import { useState } from "react";
import type { OrderData } from "../../client/index.ts";
import { exchange, useStanding } from "../live/index.ts";
import { countOf } from "../parts/count.ts";
import { isGiven, logOut } from "./session.ts";
import { Note } from "./ticket-parts.tsx";
import { refusalOf } from "./words.ts";

interface LogOutProps {
  readonly account: string;
  /** Null: not known yet. */
  readonly open: readonly OrderData[] | null;
}

export function LogOut({ account, open }: LogOutProps) {
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { asleep } = useStanding();
  const isLast = isGiven(); // whoever leaves such an account leaves it for good
  const orders = isLast ? (open?.length ?? 0) : 0;
  const leave = async (): Promise<void> => {
    setBusy(true);
    const said = await cancelAndLeave(orders);
    setBusy(false);
    setProblem(said);
  };
  if (!isAsked) {
    return (
      <button
        type="button"
        className="quiet-button"
        disabled={isBusy || open === null}
        onClick={() => (isLast ? setAsked(true) : void leave())}
      >
        Log out
      </button>
    );
  }
  return (
    <div className="my-leave">
      <Note kind="warning" title={`Log out of ${account}?`}>
        <p>
          It has no password: once logged out, nobody gets back to it, nor to what it traded.
          {orders > 0 && ` What it has open, ${countOf(orders, "order")}, is cancelled first.`}
        </p>
      </Note>
      {problem !== null && <p role="alert">{problem}</p>}
      <div className="my-confirm">
        <button type="button" className="quiet-button" onClick={() => setAsked(false)}>
          Stay
        </button>
        <button
          type="button"
          className="danger-button"
          disabled={isBusy || asleep !== null}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it takes the place of the button just pressed
          autoFocus
          onClick={() => void leave()}
        >
          {orders === 0 ? "Log out for good" : `Cancel ${countOf(orders, "order")} and log out`}
        </button>
      </div>
    </div>
  );
}

/** Null when it is done, else why not: then nobody was logged out. */
async function cancelAndLeave(orders: number): Promise<string | null> {
  try {
    if (orders > 0) await exchange.orders.cancelAll();
  } catch (error) {
    const { what, why, todo } = refusalOf(error, "Nothing was cancelled, and nobody logged out");
    return `${what}: ${why} ${todo}`;
  }
  return logOut();
}
