/** Starts the page. */
import "./styles/tokens.css";
import "./styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { exchange } from "./live/index.ts";

exchange.open();
createRoot(document.querySelector("#page")!).render(<App />);
