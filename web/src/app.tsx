import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Switch } from "wouter";
import { Shell } from "./chat/shell";
import { SignIn } from "./pages/sign-in";
import { SignUp } from "./pages/sign-up";
import { client } from "./state/client";
import { useStore } from "./state/store";
import { Announcer } from "./ui/announcer";

const Settings = lazy(() =>
  import("./pages/settings").then((module) => ({ default: module.Settings })),
);

/** Which page an address shows, by whether somebody is signed in. */
export function App() {
  const phase = useStore((state) => state.phase);
  useNetwork();
  if (phase === "starting") return null;
  return (
    <>
      {phase === "ready" ? <SignedIn /> : <SignedOut />}
      <Announcer />
    </>
  );
}

function SignedIn() {
  return (
    <Switch>
      <Route path="/c/:id">{({ id }) => <Shell id={id} peerId={null} />}</Route>
      <Route path="/to/:id">{({ id }) => <Shell id={null} peerId={id} />}</Route>
      <Route path="/settings/:section?">
        {({ section }) => (
          <Suspense>
            <Settings section={section ?? "profile"} />
          </Suspense>
        )}
      </Route>
      <Route path="/">
        <Shell id={null} peerId={null} />
      </Route>
      <Route>
        <Redirect to="/" replace />
      </Route>
    </Switch>
  );
}

function SignedOut() {
  const first = useStore((state) => state.config?.first_run ?? false);
  return (
    <Switch>
      <Route path="/sign-up">
        <SignUp />
      </Route>
      <Route>{first ? <SignUp /> : <SignIn />}</Route>
    </Switch>
  );
}

/** A network that comes back is used at once. */
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
