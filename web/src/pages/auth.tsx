import type { ReactNode } from "react";
import { t } from "../strings";
import { Brand } from "../ui/brand";
import { Icon, type IconName } from "../ui/icon";
import { ThemeSwitch } from "../ui/theme-switch";

/** The lines of water behind the card. */
const WAVES = Array.from({ length: 9 }, (_, index) => {
  const down = (from: number, step: number) => from + index * step;
  const path =
    `M-40 ${down(430, 34)}C240 ${down(360, 28)} 420 ${down(490, 34)} 700 ${down(440, 29)}` +
    `S1150 ${down(340, 38)} 1480 ${down(400, 44)}`;
  return { path, opacity: 0.16 - index * 0.012 };
});

/** The frame of the pages before signing in. */
export function AuthFrame({ children }: { readonly children: ReactNode }) {
  return (
    <div className="auth">
      <svg
        className="auth__waves"
        viewBox="0 0 1440 800"
        preserveAspectRatio="xMidYMid slice"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        aria-hidden
      >
        {WAVES.map(({ path, opacity }) => (
          <path key={path} d={path} strokeOpacity={opacity} />
        ))}
      </svg>
      <header className="auth__top">
        <Brand />
        <ThemeSwitch />
      </header>
      <main className="auth__main">
        <div className="card">{children}</div>
      </main>
      <footer className="auth__foot">
        <Icon name="lock" size={16} />
        <span>{t.runBy(location.hostname)}</span>
      </footer>
    </div>
  );
}

interface NoticeProps {
  readonly tone: "error" | "warn";
  readonly title: string;
  readonly icon?: IconName;
  readonly children: ReactNode;
}

export function Notice({ tone, title, icon = "alert", children }: NoticeProps) {
  return (
    <div className={`notice notice--${tone}`} role="alert">
      <Icon name={icon} />
      <span>
        <b>{title}</b>
        {children}
      </span>
    </div>
  );
}
