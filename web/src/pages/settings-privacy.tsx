import type { Privacy } from "backchannel-client";
import { useEffect, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { t } from "../strings";
import { Section, SetLine } from "./settings";

/** What others learn of the user; what is hidden is not seen of others either. */
export function PrivacySection() {
  const [privacy, setPrivacy] = useState<Privacy | null>(null);
  useEffect(() => {
    client.api.privacy().then(setPrivacy, () => {});
  }, []);
  const change = async (name: keyof Privacy, shown: boolean) => {
    if (privacy === null) return;
    const wanted = { [name]: shown ? "everybody" : "nobody" } as const;
    setPrivacy({ ...privacy, ...wanted });
    const done = await attempt(() => client.api.changePrivacy(wanted));
    if (!done) setPrivacy(privacy);
  };
  const lines: readonly (readonly [keyof Privacy, string, string])[] = [
    ["last_seen", t.shareLastSeen, t.shareLastSeenHint],
    ["read_receipts", t.shareRead, t.shareReadHint],
    ["typing", t.shareTyping, t.shareTypingHint],
  ];
  return (
    <Section id="privacy" title={t.privacy} text={t.privacyText}>
      <div className="panel">
        {lines.map(([name, title, hint]) => (
          <SetLine key={name} title={title} id={`privacy-${name}`} hint={hint}>
            <label className="switch">
              <input
                type="checkbox"
                checked={privacy?.[name] !== "nobody"}
                disabled={privacy === null}
                aria-labelledby={`privacy-${name}`}
                onChange={(event) => void change(name, event.target.checked)}
              />
              <span />
            </label>
          </SetLine>
        ))}
      </div>
    </Section>
  );
}
