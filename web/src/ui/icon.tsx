import { ICONS, type IconName } from "./icons";

export type { IconName } from "./icons";

interface Props {
  readonly name: IconName;
  readonly size?: 16 | 18 | 20 | 24;
  readonly className?: string;
  /** The icon's label; without it, the icon is decorative. */
  readonly label?: string;
}

export function Icon({ name, size = 20, className, label }: Props) {
  const sized = size === 20 ? "" : ` icon--${size}`;
  const shape = ICONS[name];
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return (
    <svg
      className={`icon${sized}${className ? ` ${className}` : ""}`}
      viewBox="0 0 24 24"
      {...named}
    >
      {typeof shape === "string" ? <path d={shape} /> : shape}
    </svg>
  );
}
