import "./styles/index.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { applyAppearance } from "./state/preferences";
import { start } from "./state/session";
import { loadStrings } from "./strings";

applyAppearance();
await loadStrings();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
await start();
