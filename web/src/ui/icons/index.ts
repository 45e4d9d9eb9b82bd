/**
 * The icon set: a 24 grid, 1.75 strokes, round ends. Shapes with class `fill` are filled. A
 * string is the data of a path.
 */

import { ACTIONS } from "./actions";
import { OBJECTS } from "./objects";

export const ICONS = { ...ACTIONS, ...OBJECTS };

export type IconName = keyof typeof ICONS;
