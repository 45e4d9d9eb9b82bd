import { type ComponentType, type FC, type ReactNode, useEffect, useState } from "react";

interface Deferred<Props> extends FC<Props> {
  /** Load its file now. A failure is shown when the component is drawn. */
  readonly prefetch: () => void;
}

const waiting: (() => void)[] = [];
/** Milliseconds after which a failed file is fetched again. */
const PAUSES = [1_000, 2_000, 4_000, 8_000];

/** Links to style sheets that failed: the bundler's code adds each only once. */
const failedLinks = new Set<HTMLLinkElement>();
const noteFailure = ({ target }: Event) =>
  target instanceof HTMLLinkElement && failedLinks.add(target);
addEventListener("error", noteFailure, { capture: true });

/**
 * A component whose code is in a separate file; `fallback` is shown until that has loaded. Unlike
 * with React's `lazy`, it is drawn at once if the file is there: React may keep a fallback for 300
 * ms.
 */
export function deferred<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ReactNode | ((props: Props) => ReactNode) = null,
): Deferred<Props> {
  const code = new Code(load);
  const prefetch = () => void code.fetch().catch(() => {});
  waiting.push(prefetch);
  const meanwhile = typeof fallback === "function" ? fallback : () => fallback;
  const draw = (props: Props) => <Arriving code={code} props={props} fallback={meanwhile} />;
  return Object.assign(draw, { prefetch });
}

/** Load all deferred components once the page is idle. */
export function prefetchWhenIdle(): void {
  const fetchAll = () => {
    for (const prefetch of waiting.splice(0)) prefetch();
  };
  if ("requestIdleCallback" in window) requestIdleCallback(fetchAll, { timeout: 5_000 });
  else setTimeout(fetchAll, 1_000);
}

class Code<Props> {
  component: ComponentType<Props> | null = null;
  private fetching: Promise<void> | null = null;

  constructor(private readonly load: () => Promise<ComponentType<Props>>) {}

  /** Load the file, with several attempts if the network fails. */
  async arrive(): Promise<void> {
    for (const pause of PAUSES) {
      try {
        return await this.fetch();
      } catch (error) {
        if (await isGone(error)) throw error;
        await networkAfter(pause);
      }
    }
    return this.fetch();
  }

  fetch(): Promise<void> {
    for (const link of failedLinks) link.replaceWith(link.cloneNode());
    failedLinks.clear();
    this.fetching ??= this.load().then(
      (component) => {
        this.component = component;
      },
      (error: unknown) => {
        this.fetching = null; // the next use tries again
        throw error;
      },
    );
    return this.fetching;
  }
}

/** True if the server no longer has the file, as after an update. */
async function isGone(error: unknown): Promise<boolean> {
  // Browsers name the file in their message; without its name, it is tried again.
  const path = /\/assets\/[\w.-]+/.exec(String(error))?.[0];
  if (!path) return false;
  const answer = await fetch(path, { method: "HEAD", cache: "no-store" }).catch(() => null);
  return answer?.status === 404;
}

/** Wait this many milliseconds; without a network, until there is one. */
function networkAfter(pause: number): Promise<unknown> {
  return new Promise((done) => {
    if (navigator.onLine) setTimeout(done, pause);
    else addEventListener("online", done, { once: true });
  });
}

interface ArrivingProps<Props> {
  readonly code: Code<Props>;
  readonly props: Props;
  readonly fallback: (props: Props) => ReactNode;
}

function Arriving<Props extends object>({ code, props, fallback }: ArrivingProps<Props>) {
  const [Shown, show] = useState(() => code.component);
  const [failure, fail] = useState<{ readonly reason: unknown } | null>(null);
  useEffect(() => {
    if (Shown) return;
    code.arrive().then(
      () => show(() => code.component),
      (reason: unknown) => fail({ reason }),
    );
  }, [Shown, code]);
  if (failure) throw failure.reason;
  return Shown ? <Shown {...props} /> : fallback(props);
}
