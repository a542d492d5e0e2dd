// What happened to a token, for its owner and the help desk.

import { h, iconButton, testid } from "./dom.js";
import { copy } from "./icons.js";
import * as ipc from "../ipc.js";
import { strings, timeText } from "../strings.js";

export function createTokenLog({ said, copied }) {
  const list = h("ol", testid("enrolment-log", { class: "log" }));
  const element = h(
    "section",
    { class: "card stack" },
    h("h2", { class: "label" }, strings.log),
    list,
    iconButton(copy(), strings.copyLog, share, testid("share-log", { class: "small" })),
    h("p", { class: "quiet small-text" }, strings.logHint),
  );
  let token;

  async function share() {
    try {
      await ipc.copyLog(token.id);
      copied();
    } catch (problem) {
      said(problem);
    }
  }

  return {
    element,
    show(shown) {
      token = shown;
      const lines = shown.log.map((line) =>
        h("li", {}, h("time", { class: "quiet small-text" }, timeText(line.at)), h("span", {}, strings.logLine(line))),
      );
      list.replaceChildren(...(lines.length > 0 ? lines : [h("li", { class: "quiet" }, strings.logEmpty)]));
    },
    hide: () => list.replaceChildren(),
  };
}
