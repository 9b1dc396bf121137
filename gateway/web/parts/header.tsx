/** The header: home, search's shortcut, my market, theme, and the dot that tells how we stand. */
import "./header.css";
import { Pause, Play } from "lucide-react";
import { setPaused, usePaused, useStanding } from "../live/index.ts";
import { Link, paths, usePlace } from "../router.tsx";
import { ThemeButton } from "./theme.tsx";

export function Header() {
  const { path } = usePlace();
  const here = (to: string): "page" | undefined => (path === to ? "page" : undefined);
  return (
    <header className="header">
      <div className="header-row">
        <Link to={paths.home} className="brand" aria-label="Solebook, the market">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <span className="brand-name">Solebook</span>
        </Link>
        <nav aria-label="Main">
          <Link to={paths.home} aria-current={here(paths.home)} className="nav-link nav-home">
            Market
          </Link>
          <Link to={paths.myMarket} aria-current={here(paths.myMarket)} className="nav-link">
            My market
          </Link>
        </nav>
        <div className="header-tools">
          <PauseButton />
          <ThemeButton />
          <Dot />
        </div>
      </div>
    </header>
  );
}

function PauseButton() {
  const isPaused = usePaused();
  const Icon = isPaused ? Play : Pause;
  const name = isPaused ? "Go on updating" : "Hold the page still";
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={name}
      title={name}
      aria-pressed={isPaused}
      onClick={() => setPaused(!isPaused)}
    >
      <Icon aria-hidden size={18} />
    </button>
  );
}

function Dot() {
  const { health, label } = useStanding();
  const isPaused = usePaused();
  return (
    <Link to={paths.status} className="dot-link" data-health={isPaused ? "paused" : health}>
      <span className="dot" aria-hidden />
      <span className="dot-label">{isPaused ? "Paused" : label}</span>
      <span className="unseen">, connection status</span>
    </Link>
  );
}
