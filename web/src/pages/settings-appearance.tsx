import { type ChangeEvent, useState } from "react";
import { readPreference, writePreference } from "../state/preferences";
import { LANGUAGES, language } from "../strings";
import { t } from "../strings/settings";
import { Icon } from "../ui/icon";
import { Section, SetLine } from "./settings";
import { ThemePicture } from "./theme-picture";

export function Appearance() {
  const [theme, setTheme] = useState(readPreference("theme"));
  const [textSize, setTextSize] = useState(readPreference("textSize"));
  const [enterSends, setEnterSends] = useState(readPreference("enterSends") === "yes");
  const choose = (value: typeof theme) => {
    setTheme(value);
    writePreference("theme", value);
  };
  const names = { light: t.light, dark: t.dark, "": t.asSystem } as const;
  return (
    <Section id="appearance" title={t.appearance}>
      <div className="panel panel--pad">
        <fieldset className="themes">
          <legend className="sr">{t.theme}</legend>
          {(["light", "dark", ""] as const).map((each) => (
            <label className="theme" key={each}>
              <input
                type="radio"
                name="theme"
                checked={theme === each}
                onChange={() => choose(each)}
              />
              <span className="theme__pic">
                <ThemePicture theme={each} />
              </span>
              <span className="theme__name">
                <Icon name="check" size={16} />
                {names[each]}
              </span>
            </label>
          ))}
        </fieldset>
      </div>
      <div className="panel">
        <SetLine title={t.textSize} id="text-size">
          <span className="range">
            <small className="range__small" aria-hidden>
              A
            </small>
            <input
              type="range"
              min="13"
              max="20"
              step="1"
              value={textSize}
              aria-labelledby="text-size"
              style={{ "--filled": `${((Number(textSize) - 13) / 7) * 100}%` } as object}
              onChange={(event: ChangeEvent<HTMLInputElement>) => {
                setTextSize(event.target.value);
                writePreference("textSize", event.target.value);
              }}
            />
            <small className="range__large" aria-hidden>
              A
            </small>
          </span>
        </SetLine>
        <SetLine title={t.enterSends} id="enter-sends" hint={t.enterSendsHint}>
          <label className="switch">
            <input
              type="checkbox"
              checked={enterSends}
              aria-labelledby="enter-sends"
              onChange={(event) => {
                setEnterSends(event.target.checked);
                writePreference("enterSends", event.target.checked ? "yes" : "no");
              }}
            />
            <span />
          </label>
        </SetLine>
        <SetLine title={t.times} id="times">
          <span className="select">
            <select
              defaultValue={readPreference("times")}
              aria-labelledby="times"
              onChange={({ target }) => writePreference("times", target.value as "" | "12" | "24")}
            >
              <option value="">{t.asSystem}</option>
              <option value="24">{t.hours(24)}</option>
              <option value="12">{t.hours(12)}</option>
            </select>
            <Icon name="down" size={16} />
          </span>
        </SetLine>
      </div>
    </Section>
  );
}

export function LanguageSection() {
  const choose = (event: ChangeEvent<HTMLSelectElement>) => {
    writePreference("language", event.target.value);
    location.reload();
  };
  return (
    <Section id="language" title={t.language}>
      <div className="panel">
        <SetLine title={t.language} id="language-name">
          <span className="select">
            <select value={language()} aria-labelledby="language-name" onChange={choose}>
              {Object.entries(LANGUAGES).map(([code, name]) => (
                <option key={code} value={code} lang={code}>
                  {name}
                </option>
              ))}
            </select>
            <Icon name="down" size={16} />
          </span>
        </SetLine>
      </div>
    </Section>
  );
}
