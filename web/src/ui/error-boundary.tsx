import { Component, type ReactNode } from "react";
import { update } from "../state/updates";
import { t } from "../strings";
import { EmptyArt } from "./brand";
import { Icon } from "./icon";

interface Props {
  readonly children: ReactNode;
  /** Shown in place of the failed part; without it, an offer to reload the page. */
  readonly fallback?: ReactNode;
}

/** Prevents a failure, such as a part removed by an update, from blanking the page. */
export class ErrorBoundary extends Component<Props, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render(): ReactNode {
    const { children, fallback = <Failure /> } = this.props;
    return this.state.failed ? fallback : children;
  }
}

function Failure() {
  return (
    <main className="empty empty--page" role="alert">
      <EmptyArt />
      <h1>{t.somethingFailed}</h1>
      <p>{t.reloadText}</p>
      <button className="btn btn--primary" type="button" onClick={update}>
        <Icon name="retry" size={18} />
        {t.reload}
      </button>
    </main>
  );
}
