// Our own icons: one stroke weight on a grid of 24.

import { svg } from "./dom.js";

const icon = (...paths) =>
  svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" },
    ...paths.map((d) => svg("path", { d })),
  );

export const mark = () => icon("M3 9.5C5.8 11.2 9.2 15.4 12 21", "M6 21C8.8 15.2 14.6 8 21 3.5");
export const plus = () => icon("M12 5v14", "M5 12h14");
export const lock = () => icon("M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3");
export const copy = () => icon("M9 9h11v11H9z", "M15 9V4H4v11h5");
export const backArrow = () => icon("M14.5 5.5 8 12l6.5 6.5");
export const chevron = () => icon("M9.5 5.5 16 12l-6.5 6.5");
export const erase = () => icon("M9 6h11v12H9l-6-6z", "M12.5 10l4 4", "M16.5 10l-4 4");
export const check = () => icon("M5 12.5 10 17.5 19.5 7");
export const wait = () => icon("M12 7v5l3 2", "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z");
export const sliders = () =>
  icon(
    "M4 7h7", "M15.5 7H20", "M13.25 4.75v4.5",
    "M4 17h4", "M12.5 17H20", "M10.25 14.75v4.5",
  );
export const warning = () => icon("M12 4 21 19.5H3z", "M12 10v4.5", "M12 17v.2");
export const stop = () => icon("M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z", "M6.2 6.2l11.6 11.6");
export const up = () => icon("M12 19V5.5", "M6 11.5 12 5.5l6 6");
export const down = () => icon("M12 5v13.5", "M6 12.5l6 6 6-6");
export const eye = () => icon("M2.5 12C5 7.8 8.2 6 12 6s7 1.8 9.5 6c-2.5 4.2-5.7 6-9.5 6s-7-1.8-9.5-6z", "M12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5z");
export const next = () => icon("M5 12h13", "M12.5 6.5 18 12l-5.5 5.5");
