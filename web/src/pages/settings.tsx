import "../styles/settings.css";
import "../styles/settings-controls.css";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { signOut } from "../state/session";
import { t } from "../strings";
import { Icon, type IconName } from "../ui/icon";
import { ThemeSwitch } from "../ui/theme-switch";
import { AccountSections } from "./settings-account";
import { Appearance, LanguageSection } from "./settings-appearance";
import { Devices } from "./settings-devices";
import { Invitations } from "./settings-invitations";
import { Keyboard } from "./settings-keyboard";
import { PrivacySection } from "./settings-privacy";
import { Blocked, Profile } from "./settings-profile";

const SECTIONS = (): readonly (readonly [string, IconName, string])[] => [
  ["profile", "user", t.profile],
  ["appearance", "sun", t.appearance],
  ["privacy", "shield", t.privacy],
  ["devices", "laptop", t.devices],
  ["password", "key", t.password],
  ["blocked", "block", t.blockedPeople],
  ["keyboard", "keyboard", t.keyboard],
  ["language", "globe", t.language],
  ["export", "download", t.yourData],
];

/** All settings on one page; the address names the section. */
export function Settings({ section }: { readonly section: string }) {
  useEffect(() => {
    document.getElementById(section)?.scrollIntoView();
    document.title = `${t.settings} · ${t.appName}`;
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
          {SECTIONS().map(([id, icon, name]) => (
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
      <main className="frame__main">
        <h1 className="sr">{t.settings}</h1>
        <div className="sheetcol sheetcol--top">
          <Profile />
          <Appearance />
          <PrivacySection />
          <Devices />
          <AccountSections />
          <Invitations />
          <Blocked />
          <Keyboard />
          <LanguageSection />
        </div>
      </main>
    </div>
  );
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
    <div className={`set${icon ? " set--icon" : ""}`}>
      {icon && (
        <span className={`set__icon${here ? " set__icon--here" : ""}`}>
          <Icon name={icon} />
        </span>
      )}
      <span className="set__text">
        <b id={id}>{title}</b>
        {hint && <small>{hint}</small>}
      </span>
      {children}
    </div>
  );
}
