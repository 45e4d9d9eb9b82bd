const STEM = "M20 9.5v45";
const BOWL =
  "M29.5 23.5H35a17.5 17.5 0 0 1 0 35h-5.5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2H35a9.5 9.5 0 0 0 0-19h-5.5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2z";

/** The logo with the name. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="14 4 40 56" width="26" height="36" aria-hidden fill="none" strokeWidth="8">
        <path d={STEM} stroke="var(--accent)" strokeLinecap="round" />
        <path d={BOWL} fill="var(--accent)" fillOpacity=".5" />
      </svg>
      Backchannel
    </span>
  );
}

/** The logo as a picture for empty states. */
export function EmptyArt({ accent = false }: { readonly accent?: boolean }) {
  const colour = accent ? "var(--accent)" : "var(--ink)";
  const opacity = accent ? 1 : 0.14;
  return (
    <svg
      className={`empty__art ${accent ? "empty__art--accent" : "empty__art--quiet"}`}
      viewBox="0 0 64 64"
      fill="none"
      stroke={colour}
      strokeOpacity={opacity}
      strokeWidth="8"
      aria-hidden
    >
      <path d={STEM} strokeLinecap="round" />
      <path d={BOWL} fill={colour} fillOpacity={accent ? 0.42 : 0.14} stroke="none" />
    </svg>
  );
}
