import type { Conversation, Privacy } from "backchannel-client";
import { useEffect, useState } from "react";
import { nameOf } from "../chat/names";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { answerRequest } from "../state/message-requests";
import { readPreference, writePreference } from "../state/preferences";
import { useStore } from "../state/store";
import { t } from "../strings/settings";
import { Handle } from "../ui/handle";
import { Link } from "../ui/location";
import { Section, SetLine } from "./settings";

/** The data that others see of the user; hidden data are not shown of others either. */
export function PrivacySection() {
  const [privacy, setPrivacy] = useState<Privacy | null>(null);
  useEffect(() => {
    client.api.privacy().then(setPrivacy, () => {});
  }, []);
  const show = (name: keyof Privacy, value: string) =>
    setPrivacy((now) => now && { ...now, [name]: value });
  const change = async (name: keyof Privacy, value: string) => {
    if (privacy === null) return;
    show(name, value);
    const done = await attempt(() => client.api.changePrivacy({ [name]: value }));
    if (!done) show(name, privacy[name]);
  };
  const lines: readonly (readonly [keyof Privacy, string, string, string])[] = [
    ["last_seen", t.shareLastSeen, t.shareLastSeenHint, "nobody"],
    ["read_receipts", t.shareRead, t.shareReadHint, "nobody"],
    ["typing", t.shareTyping, t.shareTypingHint, "nobody"],
    ["first_messages", t.everybodyWrites, t.everybodyWritesHint, "requests"],
  ];
  return (
    <Section id="privacy" title={t.privacy} text={t.privacyText}>
      <div className="panel">
        {lines.map(([name, title, hint, off]) => (
          <SetLine key={name} title={title} id={`privacy-${name}`} hint={hint}>
            <label className="switch">
              <input
                type="checkbox"
                checked={privacy?.[name] !== off}
                disabled={privacy === null}
                aria-labelledby={`privacy-${name}`}
                onChange={(event) => void change(name, event.target.checked ? "everybody" : off)}
              />
              <span />
            </label>
          </SetLine>
        ))}
        <LinkPreviews />
      </div>
    </Section>
  );
}

/** Show previews in this browser, if the server makes them. */
function LinkPreviews() {
  const offered = useStore((state) => state.config?.link_previews ?? false);
  const [shown, setShown] = useState(readPreference("linkPreviews") === "yes");
  if (!offered) return null;
  return (
    <SetLine title={t.linkPreviews} id="link-previews" hint={t.linkPreviewsHint}>
      <label className="switch">
        <input
          type="checkbox"
          checked={shown}
          aria-labelledby="link-previews"
          onChange={({ target }) => {
            setShown(target.checked);
            writePreference("linkPreviews", target.checked ? "yes" : "no");
          }}
        />
        <span />
      </label>
    </SetLine>
  );
}

/** Declined message requests, which can be read and accepted later. */
export function DeclinedRequests() {
  const [requests, setRequests] = useState<readonly Conversation[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const load = async (cursor: string | null) => {
    const page = await client.api.messageRequests(cursor, { declined: true });
    setRequests((before) => (cursor === null ? page.items : [...before, ...page.items]));
    setNext(page.next);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once
  useEffect(() => void load(null).catch(() => {}), []);
  const accept = async ({ id }: Conversation) => {
    if (await answerRequest(id, "accepted")) {
      setRequests((before) => before.filter((each) => each.id !== id));
    }
  };
  if (requests.length === 0) return null;
  return (
    <Section id="declined" title={t.declinedRequests} text={t.declinedRequestsText}>
      <div className="panel">
        {requests.map((each) => (
          <SetLine
            key={each.id}
            title={
              <Link href={`/c/${each.id}`}>
                <bdi>{nameOf(each)}</bdi>
              </Link>
            }
            hint={each.peer && <Handle username={each.peer.username} />}
          >
            <button
              className="btn btn--quiet btn--small"
              type="button"
              aria-label={`${t.accept}: ${nameOf(each)}`}
              onClick={() => void accept(each)}
            >
              {t.accept}
            </button>
          </SetLine>
        ))}
      </div>
      {next !== null && (
        <button
          className="btn btn--quiet btn--small"
          type="button"
          onClick={() => void attempt(() => load(next))}
        >
          {t.more}
        </button>
      )}
    </Section>
  );
}
