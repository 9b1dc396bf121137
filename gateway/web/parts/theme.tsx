/** Light or dark: the system's until somebody chooses; `public/theme.js` applies the choice at start. */
import { Moon, Sun } from "lucide-react";
import { useState } from "react";

type Theme = "light" | "dark";

function themeNow(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function ThemeButton() {
  const [theme, setTheme] = useState(themeNow);
  const other: Theme = theme === "dark" ? "light" : "dark";
  const Icon = theme === "dark" ? Sun : Moon;
  const choose = (): void => {
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem("theme", other);
    } catch {
      // Not kept then: it holds for this visit.
    }
    setTheme(other);
  };
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={choose}
    >
      <Icon aria-hidden size={18} />
    </button>
  );
}
