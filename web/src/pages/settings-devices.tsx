import type { Login } from "backchannel-client";
import { useEffect, useState } from "react";
import { attempt } from "../state/actions";
import { client } from "../state/client";
import { useStore } from "../state/store";
import { t } from "../strings/settings";
import { when } from "../ui/format";
import { Section, SetLine } from "./settings";

export function Devices() {
  const [logins, setLogins] = useState<readonly Login[]>([]);
  const [failed, setFailed] = useState(false);
  const online = useStore((state) => state.link === "online");
  // biome-ignore lint/correctness/useExhaustiveDependencies: fetches them again with a connection
  useEffect(() => {
    client.api.logins().then(setLogins, () => setFailed(true));
  }, [online]);
  const end = async (login: Login) => {
    if (await attempt(() => client.api.endLogin(login.id))) {
      setLogins((all) => all.filter((each) => each.id !== login.id));
    }
  };
  const endOthers = async () => {
    if (await attempt(() => client.api.endOtherLogins())) {
      setLogins((all) => all.filter((each) => each.current));
    }
  };
  return (
    <Section id="devices" title={t.devices}>
      <div className="panel">
        {failed && logins.length === 0 && <SetLine title={t.unreachable} />}
        {logins.map((login) => (
          <SetLine
            key={login.id}
            icon={isPhone(login) ? "phone" : "laptop"}
            here={login.current}
            title={
              <>
                {deviceName(login)}
                {login.current && <span className="tag">{t.thisDevice}</span>}
              </>
            }
            hint={`${login.address} · ${t.activeAt(when(login.last_used_at))}`}
          >
            {!login.current && (
              <button
                className="btn btn--quiet btn--small"
                type="button"
                onClick={() => void end(login)}
              >
                {t.signOut}
              </button>
            )}
          </SetLine>
        ))}
      </div>
      {logins.length > 1 && (
        <div>
          <button className="btn btn--danger" type="button" onClick={() => void endOthers()}>
            {t.signOutOthers}
          </button>
        </div>
      )}
    </Section>
  );
}

const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"] as const;
const NAMES: Readonly<Record<string, string>> = { Edg: "Edge", OPR: "Opera" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"] as const;

/** The browser and system of a user agent; for other programs its first word. */
export function deviceName({ agent }: Pick<Login, "agent">): string {
  const browser = BROWSERS.find((each) => agent.includes(`${each}/`));
  const system = SYSTEMS.find((each) => agent.includes(each));
  if (!browser) return agent.split(/[\s/(]/)[0] || "?";
  const name = NAMES[browser] ?? browser;
  return system ? `${name}, ${system}` : name;
}

function isPhone({ agent }: Login): boolean {
  return /Android|iPhone|Mobile/.test(agent);
}
