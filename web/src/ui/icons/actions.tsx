/** Icons of actions. */

import type { ReactNode } from "react";

export const ACTIONS = {
  archive: (
    <>
      <rect x="3.75" y="5" width="16.5" height="4.5" rx="1.5" />
      <path d="M5.25 9.75v7A2.25 2.25 0 0 0 7.5 19h9a2.25 2.25 0 0 0 2.25-2.25v-7M10 13.25h4" />
    </>
  ),
  back: "M19 12H5.5M11 6l-6 6 6 6",
  block: (
    <>
      <circle cx="12" cy="12" r="8.25" />
      <path d="m6.3 6.3 11.4 11.4" />
    </>
  ),
  check: "m5 12.5 4.5 4.5L19 7.5",
  checks: "m2.5 12.8 4 4L15 8M11.5 16.2l.6.6L21 8",
  read: (
    <path
      d="M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19Zm4.9 7.2-6.2 6.3-3.6-3.7 1.5-1.5 2.1 2.2 4.7-4.8Z"
      fill="currentColor"
      fillRule="evenodd"
      stroke="none"
    />
  ),
  close: "m6.5 6.5 11 11M17.5 6.5l-11 11",
  compose:
    "M11.5 4.5H7A2.5 2.5 0 0 0 4.5 7v10A2.5 2.5 0 0 0 7 19.5h10a2.5 2.5 0 0 0 2.5-2.5v-4.5M10 14v-2.6l7.6-7.6a1.84 1.84 0 0 1 2.6 2.6L12.6 14z",
  copy: (
    <>
      <rect x="8.5" y="8.5" width="11" height="11" rx="2.5" />
      <path d="M15.5 8.5V7A2.5 2.5 0 0 0 13 4.5H7A2.5 2.5 0 0 0 4.5 7v6A2.5 2.5 0 0 0 7 15.5h1.5" />
    </>
  ),
  down: "m6 9.5 6 6 6-6",
  download: "M12 4.5v10.5M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14",
  edit: "M4.5 19.5v-3.6L15.9 4.5a2.1 2.1 0 0 1 3 0l.6.6a2.1 2.1 0 0 1 0 3L8.1 19.5zM13.5 7l3.5 3.5",
  forward: "m14.5 6 5.5 5.5-5.5 5.5M19.5 11.5H11A6.5 6.5 0 0 0 4.5 18v.5",
  jump: "M12 5v13.5M6 13l6 6 6-6",
  left: "m14.5 6-6 6 6 6",
  logout: "M10 4.5H7A2.5 2.5 0 0 0 4.5 7v10A2.5 2.5 0 0 0 7 19.5h3M9.5 12h10.5M16 8l4 4-4 4",
  more: <path d="M5.5 12h.01M12 12h.01M18.5 12h.01" strokeWidth="2.9" />,
  mute: "M8 7.2a5.5 5.5 0 0 1 9.5 3.7v3.4M6.6 10v5.5l-1.6 2h12.5M10 20.2a2.3 2.3 0 0 0 4 0M4 4l16 16",
  pause: (
    <>
      <rect className="fill" x="6.5" y="5.5" width="4" height="13" rx="1.2" />
      <rect className="fill" x="13.5" y="5.5" width="4" height="13" rx="1.2" />
    </>
  ),
  pin: "M9 4.5h6l-.6 5.6 3.1 3.4v1.5h-11v-1.5l3.1-3.4zM12 15v5.5",
  play: (
    <path
      className="fill"
      d="M8 5.8v12.4c0 .9 1 1.4 1.75.9l9.1-6.2a1.08 1.08 0 0 0 0-1.8L9.75 4.9C9 4.4 8 4.9 8 5.8z"
    />
  ),
  plus: "M12 5v14M5 12h14",
  react: (
    <>
      <path d="M14.2 4.05A8.25 8.25 0 1 0 19.95 9.8" />
      <path d="M8.5 13.8a4 4 0 0 0 7 0" />
      <path d="M9.2 9.8v.4M14.2 9.8v.4" strokeWidth="2.3" />
      <path d="M19 2.5v5M16.5 5h5" />
    </>
  ),
  reply: "M9.5 6 4 11.5 9.5 17M4.5 11.5h8.5a6.5 6.5 0 0 1 6.5 6.5v.5",
  retry: "M19 12a7 7 0 1 1-2.1-5L19.5 9.5M19.5 4.5v5h-5",
  right: "m9.5 6 6 6-6 6",
  search: (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  send: "M12 19V5.5M6 11l6-6 6 6",
  stop: <rect className="fill" x="6.5" y="6.5" width="11" height="11" rx="2.5" />,
  trash:
    "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 11a1.7 1.7 0 0 0 1.7 1.5h6a1.7 1.7 0 0 0 1.7-1.5l.8-11M10.3 11v4.8M13.7 11v4.8",
  up: "m6 14.5 6-6 6 6",
} satisfies Record<string, ReactNode>;
