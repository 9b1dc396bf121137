/** Starts the page. */
import "./styles/tokens.css";
import "./styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { beginSession } from "./trading/session.ts";

beginSession();
createRoot(document.querySelector("#page")!).render(<App />);
