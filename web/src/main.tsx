import "./styles/index.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { applyAppearance } from "./state/preferences";
import { start } from "./state/session";
import { keepUpdated } from "./state/updates";
import { loadStrings } from "./strings";
import { ErrorBoundary } from "./ui/error-boundary";

applyAppearance();
await loadStrings().catch(() => {}); // the page is English until it is loaded anew
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ErrorBoundary>
      <App />
    </ErrorBoundary>,
  );
}
await start();
await keepUpdated();
