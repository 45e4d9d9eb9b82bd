import { memo } from "react";

const BARS = 80;
const STEP = 5;
const HEIGHT = 26;
const HIGHEST = 24;
const LOWEST = 3;
/** As loud as speech close to a microphone. */
const LOUD = 160;

/** The loudness of the recording, the current one at the end. */
export const Level = memo(function Level({ samples }: { readonly samples: readonly number[] }) {
  const shown = samples.slice(-BARS);
  return (
    <svg
      className="live"
      viewBox={`0 0 ${BARS * STEP} ${HEIGHT}`}
      fill="currentColor"
      preserveAspectRatio="xMaxYMid slice"
      aria-hidden
    >
      {shown.map((sample, index) => {
        const at = BARS - shown.length + index;
        const height = LOWEST + Math.min(1, sample / LOUD) * (HIGHEST - LOWEST);
        return (
          <rect
            key={at}
            x={at * STEP}
            y={(HEIGHT - height) / 2}
            width={2.6}
            height={height}
            rx={1.3}
            opacity={0.25 + (0.75 * at) / BARS}
          />
        );
      })}
    </svg>
  );
});
