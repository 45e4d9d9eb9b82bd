import "./styles/index.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { start } from "./state/login";
import { applyAppearance } from "./state/preferences";
import { keepUpdated } from "./state/updates";
import { loadStrings } from "./strings";
import { prefetchWhenIdle } from "./ui/deferred";
import { ErrorBoundary } from "./ui/error-boundary";

void main();

/** A function, as files that are loaded later import this one, and run only after it has ended. */
async function main(): Promise<void> {
  applyAppearance();
  await loadStrings().catch(() => {}); // the page is in English until it is reloaded
  const root = document.getElementById("root");
  if (root) {
    createRoot(root).render(
      <ErrorBoundary>
        <App />
      </ErrorBoundary>,
    );
  }
  await start();
  prefetchWhenIdle();
  await keepUpdated();
}
