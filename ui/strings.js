// The texts in the language in use. Screens are built after `speak`, so each text is there in time.

import english from "./strings/en.js";
import spanish from "./strings/es.js";

const LANGUAGES = { en: english, es: spanish };

/** The texts in the language in use. */
export let strings = english;

/** The language in use, such as "en". */
export let language = "en";

/** Uses a language by its setting; "system" is the system's, or English where we have none. */
export function speak(setting) {
  const wanted = setting === "system" ? navigator.languages : [setting];
  const known = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  language = known ?? "en";
  strings = LANGUAGES[language];
  document.documentElement.lang = language;
}

/** A refusal in words; the program's own English sentence stands in for a kind not listed. */
export function problemText(problem) {
  const words = strings.problems[problem?.kind];
  if (words) return words(problem);
  const message = problem?.message ?? String(problem);
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/** A time, given in Unix seconds, as people here write it. */
export const timeText = (seconds) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);
