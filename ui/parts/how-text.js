// How a token's codes are made, in words.

import { strings } from "../strings.js";

/** `{ kind, algorithm, digits, period, counter }` as a phrase. */
export function howText({ kind, algorithm, digits, period, counter }) {
  const name = algorithm.replace(/^SHA(?=\d)/, "SHA-");
  return kind === "hotp" ? strings.howHotp(name, digits, counter) : strings.howTotp(name, digits, period);
}
