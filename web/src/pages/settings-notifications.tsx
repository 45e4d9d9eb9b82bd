import { useState } from "react";
import { show } from "../chat/notice";
import { playSound, SOUNDS } from "../chat/sounds";
import { readPreference, writePreference } from "../state/preferences";
import { t } from "../strings/settings";
import { Icon } from "../ui/icon";
import { Section, SetLine } from "./settings";

/** Notifications on this device, while a tab of the client is open. */
export function Notifications() {
  const [on, setOn] = useState(
    () => readPreference("notifications") === "yes" && permission() === "granted",
  );
  const [texts, setTexts] = useState(() => readPreference("notificationTexts") === "yes");
  const [refused, setRefused] = useState(() => permission() === "denied");
  const change = async (wanted: boolean) => {
    setOn(wanted); // before the browser asks for permission
    const granted = wanted && (await Notification.requestPermission()) === "granted";
    setRefused(wanted && !granted);
    setOn(granted);
    writePreference("notifications", granted ? "yes" : "no");
  };
  return (
    <Section id="notifications" title={t.notifications}>
      <div className="panel">
        <SetLine
          title={t.notifyHere}
          id="notify-here"
          hint={refused ? t.notifyRefused : t.notifyHereHint}
        >
          <label className="switch">
            <input
              type="checkbox"
              checked={on}
              disabled={permission() === null}
              aria-labelledby="notify-here"
              onChange={(event) => void change(event.target.checked)}
            />
            <span />
          </label>
        </SetLine>
        <SetLine title={t.notifyTexts} id="notify-texts" hint={t.notifyTextsHint}>
          <label className="switch">
            <input
              type="checkbox"
              checked={texts}
              aria-labelledby="notify-texts"
              onChange={(event) => {
                setTexts(event.target.checked);
                writePreference("notificationTexts", event.target.checked ? "yes" : "no");
              }}
            />
            <span />
          </label>
        </SetLine>
        <Sound />
        <QuietHours />
        {on && (
          <SetLine title={t.notifyTest}>
            <button
              className="btn btn--soft btn--small"
              type="button"
              onClick={() => void show({ title: t.appName, body: t.notifyTestText, path: "/" })}
            >
              {t.notifyTestAction}
            </button>
          </SetLine>
        )}
      </div>
    </Section>
  );
}

function Sound() {
  const [sound, setSound] = useState(() => readPreference("sound"));
  return (
    <SetLine title={t.sound} id="sound">
      <span className="select">
        <select
          value={sound}
          aria-labelledby="sound"
          onChange={({ target }) => {
            const chosen = SOUNDS.find((each) => each === target.value) ?? "none";
            setSound(chosen);
            writePreference("sound", chosen);
            void playSound();
          }}
        >
          {SOUNDS.map((each) => (
            <option key={each} value={each}>
              {t.sounds[each]}
            </option>
          ))}
        </select>
        <Icon name="down" size={16} />
      </span>
    </SetLine>
  );
}

function QuietHours() {
  const [on, setOn] = useState(() => readPreference("quietHours") === "yes");
  const [from, setFrom] = useState(() => readPreference("quietFrom"));
  const [until, setUntil] = useState(() => readPreference("quietUntil"));
  const times = [
    ["quietFrom", t.quietFrom, from, setFrom],
    ["quietUntil", t.quietUntil, until, setUntil],
  ] as const;
  return (
    <>
      <SetLine title={t.quietHours} id="quiet" hint={t.quietHint(from, until)}>
        <label className="switch">
          <input
            type="checkbox"
            checked={on}
            aria-labelledby="quiet"
            onChange={({ target }) => {
              setOn(target.checked);
              writePreference("quietHours", target.checked ? "yes" : "no");
            }}
          />
          <span />
        </label>
      </SetLine>
      {on &&
        times.map(([name, label, time, change]) => (
          <SetLine key={name} title={label} id={name}>
            <input
              className="time"
              type="time"
              required
              value={time}
              aria-labelledby={name}
              onChange={({ target }) => {
                if (!target.value) return;
                change(target.value);
                writePreference(name, target.value);
              }}
            />
          </SetLine>
        ))}
    </>
  );
}

/** Null in a browser without notifications. */
function permission(): NotificationPermission | null {
  return "Notification" in window ? Notification.permission : null;
}
