import { switchTheme } from "../state/preferences";
import { t } from "../strings";
import { Icon } from "./icon";

export function ThemeSwitch({ className = "" }: { readonly className?: string }) {
  return (
    <button
      className={`icon-btn theme-switch ${className}`}
      type="button"
      aria-label={t.switchTheme}
      onClick={switchTheme}
    >
      <span className="moon">
        <Icon name="moon" />
      </span>
      <span className="sun">
        <Icon name="sun" />
      </span>
    </button>
  );
}
