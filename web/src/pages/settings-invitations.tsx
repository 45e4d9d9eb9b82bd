import type { Invitation } from "backchannel-client";
import { useEffect, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { offersInvitations, useStore } from "../state/store";
import { t } from "../strings/settings";
import { dayName } from "../ui/format";
import { Section, SetLine } from "./settings";

/** Links with which others can create an account, if the operator lets users invite. */
export function Invitations() {
  const offered = useStore(offersInvitations);
  const [links, setLinks] = useState<readonly Invitation[] | null>(null);
  useEffect(() => {
    if (offered) client.api.invitations().then(setLinks, () => {});
  }, [offered]);
  if (links === null) return null;
  const invite = async () => {
    await attempt(async () => {
      const made = await client.api.invite();
      setLinks((now) => [made, ...(now ?? [])]);
    });
  };
  const withdraw = async (code: string) => {
    if (await attempt(() => client.api.withdrawInvitation(code))) {
      setLinks((now) => now?.filter((each) => each.code !== code) ?? null);
    }
  };
  return (
    <Section id="invitations" title={t.invitations} text={t.invitationsText}>
      {links.length > 0 && (
        <div className="panel">
          {links.map((each) => (
            <Link key={each.code} link={each} onWithdraw={() => void withdraw(each.code)} />
          ))}
        </div>
      )}
      <div>
        <button className="btn btn--quiet" type="button" onClick={() => void invite()}>
          {t.invite}
        </button>
      </div>
    </Section>
  );
}

interface LinkProps {
  readonly link: Invitation;
  readonly onWithdraw: () => void;
}

function Link({ link, onWithdraw }: LinkProps) {
  const [copied, setCopied] = useState(false);
  const url = new URL(link.path, location.origin).href;
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    setCopied(true);
  };
  return (
    <SetLine title={<Address url={url} />} hint={t.goodUntil(dayName(link.expires_at))}>
      <button className="btn btn--quiet btn--small" type="button" onClick={() => void copy()}>
        {copied ? t.copied : t.copyLink}
      </button>
      <button className="btn btn--quiet btn--small" type="button" onClick={onWithdraw}>
        {t.withdraw}
      </button>
    </SetLine>
  );
}

function Address({ url }: { readonly url: string }) {
  return (
    <span className="address" dir="ltr">
      {url}
    </span>
  );
}
