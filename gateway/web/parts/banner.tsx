/** Says at once, under the header, when what is shown is not the present, and until when we wait. */
import "./banner.css";
import { useEffect, useState } from "react";
import { exchange, useConnection, useStanding } from "../live/index.ts";

export function Banner() {
  const { health, asleep } = useStanding();
  const connection = useConnection();
  const isWrong = health === "offline" || health === "stopping" || health === "halted";
  const text = isWrong ? asleep : null;
  const { retryAtMs, lostAtMs } = connection;
  return (
    <div role="status" className="banner-place">
      {text !== null && (
        <div className="banner" data-health={health}>
          <p>
            <strong>{text}</strong>{" "}
            {health === "offline" && (
              <span className="banner-more" aria-hidden>
                {lostAtMs !== null && <AsOf ms={lostAtMs} />}{" "}
                {retryAtMs !== null && <Countdown atMs={retryAtMs} />}
              </span>
            )}
          </p>
          {health === "offline" && (
            <button type="button" className="banner-button" onClick={() => exchange.open()}>
              Try now
            </button>
          )}
        </div>
      )}
    </div>
  );
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

function AsOf({ ms }: { readonly ms: number }) {
  return <>As of {CLOCK.format(ms)}.</>;
}

function Countdown({ atMs }: { readonly atMs: number }) {
  const [leftS, setLeftS] = useState(() => secondsTo(atMs));
  useEffect(() => {
    setLeftS(secondsTo(atMs));
    const timer = setInterval(() => setLeftS(secondsTo(atMs)), 250);
    return () => clearInterval(timer);
  }, [atMs]);
  return <>{leftS > 0 ? `Trying again in ${leftS} s.` : "Trying again …"}</>;
}

const secondsTo = (atMs: number): number => Math.max(0, Math.ceil((atMs - Date.now()) / 1_000));
