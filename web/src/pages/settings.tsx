import "../styles/settings.css";
import "../styles/settings-controls.css";
import { type ReactNode, useEffect, useRef } from "react";
import { signOut } from "../state/login";
import { offersInvitations, useStore } from "../state/store";
import { t } from "../strings/settings";
import { useFocusBack } from "../ui/focus";
import { Icon, type IconName } from "../ui/icon";
import { Link } from "../ui/location";
import { ThemeSwitch } from "../ui/theme-switch";
import { AccountSections } from "./settings-account";
import { Appearance, LanguageSection } from "./settings-appearance";
import { Devices } from "./settings-devices";
import { Invitations } from "./settings-invitations";
import { Keyboard } from "./settings-keyboard";
import { Notifications } from "./settings-notifications";
import { DeclinedRequests, PrivacySection } from "./settings-privacy";
import { Blocked, Profile } from "./settings-profile";
import { Storage } from "./settings-storage";

const sections = (invitations: boolean): readonly (readonly [string, IconName, string])[] => [
  ["profile", "user", t.profile],
  ["appearance", "sun", t.appearance],
  ["notifications", "bell", t.notifications],
  ["privacy", "shield", t.privacy],
  ["devices", "laptop", t.devices],
  ["password", "key", t.password],
  ["export", "download", t.yourData],
  ...(invitations ? [["invitations", "link", t.invitations] as const] : []),
  ["blocked", "block", t.blockedPeople],
  ["storage", "storage", t.storage],
  ["keyboard", "keyboard", t.keyboard],
  ["language", "globe", t.language],
];

/** All settings on one page; the address names the section. */
export function Settings({ section }: { readonly section: string }) {
  const main = useRef<HTMLElement>(null);
  const invitations = useStore(offersInvitations);
  useFocusBack("#conversations");
  useEffect(() => main.current?.focus({ preventScroll: true }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another link moves the current one
  useEffect(() => {
    // On a narrow screen the sections are a row that scrolls sideways.
    document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center" });
  }, [section, invitations]);
  useEffect(() => {
    document.title = `${t.settings} · ${t.appName}`;
    return main.current ? keepInSight(main.current, section) : undefined;
  }, [section]);
  return (
    <div className="frame">
      <nav className="frame__nav" aria-label={t.settings}>
        <div className="frame__title">
          <Link className="icon-btn" href="/" aria-label={t.back}>
            <Icon name="back" />
          </Link>
          {t.settings}
          <ThemeSwitch />
        </div>
        <div className="nav">
          {sections(invitations).map(([id, icon, name]) => (
            <Link
              key={id}
              href={`/settings/${id}`}
              aria-current={id === section ? "true" : undefined}
            >
              <Icon name={icon} />
              {name}
            </Link>
          ))}
          <hr />
          <button className="nav__button" type="button" onClick={() => void signOut()}>
            <Icon name="logout" />
            {t.signOut}
          </button>
        </div>
      </nav>
      <main className="frame__main" ref={main} tabIndex={-1}>
        <h1 className="sr">{t.settings}</h1>
        <div className="settings-column settings-column--top">
          <Profile />
          <Appearance />
          <Notifications />
          <PrivacySection />
          <Devices />
          <AccountSections />
          <Invitations />
          <Blocked />
          <DeclinedRequests />
          <Storage />
          <Keyboard />
          <LanguageSection />
        </div>
      </main>
    </div>
  );
}

/** Events that show that the user moves on. */
const MOVED_ON = ["wheel", "touchmove", "pointerdown", "keydown"];

/** Keep a section in view while content above it loads, until the user moves on. */
function keepInSight(main: HTMLElement, section: string): () => void {
  const show = () => document.getElementById(section)?.scrollIntoView();
  show();
  const watching = new ResizeObserver(show);
  for (const each of main.querySelectorAll("section")) watching.observe(each);
  const stop = () => watching.disconnect();
  for (const name of MOVED_ON) addEventListener(name, stop, { once: true });
  return () => {
    stop();
    for (const name of MOVED_ON) removeEventListener(name, stop);
  };
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly text?: string;
  readonly children: ReactNode;
}

export function Section({ id, title, text, children }: SectionProps) {
  return (
    <section className="section" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </section>
  );
}

interface SetProps {
  readonly title: ReactNode;
  readonly id?: string;
  readonly hint?: ReactNode;
  readonly icon?: IconName;
  readonly here?: boolean;
  readonly children?: ReactNode;
}

/** One line of a panel. */
export function SetLine({ title, id, hint, icon, here = false, children }: SetProps) {
  return (
    <div className={`setting${icon ? " setting--icon" : ""}`}>
      {icon && (
        <span className={`setting__icon${here ? " setting__icon--here" : ""}`}>
          <Icon name={icon} />
        </span>
      )}
      <span className="setting__text">
        <b id={id}>{title}</b>
        {hint && <small>{hint}</small>}
      </span>
      {children}
    </div>
  );
}
