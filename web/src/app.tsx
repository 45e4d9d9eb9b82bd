import { useEffect } from "react";
import { useNotifications } from "./chat/notifications";
import { Shell } from "./chat/shell";
import { client } from "./state/client";
import { useStore } from "./state/store";
import { loadSettingsStrings } from "./strings/settings";
import { Announcer } from "./ui/announcer";
import { deferred } from "./ui/deferred";
import { useFocusBack } from "./ui/focus";
import { go, usePath } from "./ui/location";
import { ToastArea } from "./ui/toast";

const SignIn = deferred(() => import("./pages/sign-in").then((module) => module.SignIn));
const SignUp = deferred(() => import("./pages/sign-up").then((module) => module.SignUp));
const Settings = deferred(async () => {
  const [page] = await Promise.all([import("./pages/settings"), loadSettingsStrings()]);
  return page.Settings;
});

// Without this, a file dropped outside a drop area would replace the page.
document.addEventListener("dragover", (event) => {
  const carried = event.dataTransfer;
  if (event.defaultPrevented || !carried?.types.includes("Files")) return;
  event.preventDefault();
  carried.dropEffect = "none";
});

/** The page of an address, for a user who is signed in or not. */
export function App() {
  const phase = useStore((state) => state.phase);
  useNetwork();
  useEffect(() => {
    if (phase !== "ready") SignIn.prefetch(); // until the server's configuration has arrived
  }, [phase]);
  if (phase === "starting") return null;
  return (
    <>
      {phase === "ready" && <ToastArea page />}
      {phase === "ready" ? <SignedIn /> : <SignedOut />}
      <Announcer />
    </>
  );
}

function SignedIn() {
  const [, page, name] = usePath().split("/");
  useNotifications();
  const id = page === "c" && name ? name : null;
  const peerId = page === "to" && name ? name : null;
  const known = page === "" || page === "settings" || id || peerId;
  useEffect(() => {
    if (!known) go("/", { replace: true }); // such as from the sign-in page
  }, [known]);
  if (page === "settings") return <Settings section={name || "profile"} />;
  return <Shell id={id} peerId={peerId} />;
}

function SignedOut() {
  useFocusBack("#conversations");
  const first = useStore((state) => state.config?.first_run ?? false);
  const page = usePath();
  return first || page === "/sign-up" ? <SignUp /> : <SignIn />;
}

/** Use the network at once when it comes back. */
function useNetwork(): void {
  useEffect(() => {
    const retry = () => {
      if (document.visibilityState === "visible") client.retryNow();
    };
    const lost = () => client.networkLost();
    addEventListener("online", retry);
    addEventListener("offline", lost);
    document.addEventListener("visibilitychange", retry);
    return () => {
      removeEventListener("online", retry);
      removeEventListener("offline", lost);
      document.removeEventListener("visibilitychange", retry);
    };
  }, []);
}
