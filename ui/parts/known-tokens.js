// Tokens that are gone: what to quote to the help desk.

import { h, testid } from "./dom.js";
import { strings } from "../strings.js";

export function knownTokens(known) {
  return h(
    "section",
    { class: "card" },
    h("h2", { class: "label" }, strings.whatToQuote),
    h(
      "ul",
      { class: "known" },
      ...known.map((token) =>
        h(
          "li",
          {},
          h("span", testid("credential-id", { class: "id selectable" }), token.shown),
          h("span", { class: "quiet" }, [token.name, token.issuer].filter(Boolean).join(", ")),
        ),
      ),
    ),
  );
}
