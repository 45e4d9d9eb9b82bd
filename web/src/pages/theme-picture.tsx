/** A small picture of each theme. */

interface Colours {
  readonly paper: string;
  readonly list: string;
  readonly card: string;
  readonly ink: string;
  readonly accent: string;
}

const LIGHT = {
  paper: "#f7f5f1",
  list: "#efece6",
  card: "#ffffff",
  ink: "#1b2224",
  accent: "#0f6b6b",
};
const DARK = {
  paper: "#14181a",
  list: "#0f1314",
  card: "#23292c",
  ink: "#eceeee",
  accent: "#14595a",
};

export function ThemePicture({ theme }: { readonly theme: "light" | "dark" | "" }) {
  return (
    <svg viewBox="0 0 160 105" preserveAspectRatio="xMidYMid slice" aria-hidden>
      <Half colours={theme === "dark" ? DARK : LIGHT} />
      {theme === "" && (
        <>
          <clipPath id="theme-half">
            <path d="M104 0h56v105H56z" />
          </clipPath>
          <g clipPath="url(#theme-half)">
            <Half colours={DARK} />
          </g>
        </>
      )}
    </svg>
  );
}

function Half({ colours: { paper, list, card, ink, accent } }: { readonly colours: Colours }) {
  return (
    <g>
      <path fill={paper} d="M0 0h160v105H0z" />
      <path fill={list} d="M0 0h50v105H0z" />
      <rect x="6" y="10" width="38" height="16" rx="5" fill={card} />
      <circle cx="14" cy="18" r="5" fill={accent} />
      <circle cx="14" cy="40" r="5" fill={ink} opacity=".25" />
      <circle cx="14" cy="58" r="5" fill={ink} opacity=".25" />
      <path
        d="M23 16h15M23 38h14M23 56h17M23 42h9M23 60h8M23 20.5h9"
        stroke={ink}
        strokeOpacity=".3"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <rect x="60" y="18" width="50" height="14" rx="7" fill={card} />
      <rect x="60" y="34" width="36" height="14" rx="7" fill={card} />
      <rect x="102" y="54" width="48" height="14" rx="7" fill={accent} />
      <rect x="60" y="84" width="90" height="13" rx="6.5" fill={card} />
    </g>
  );
}
