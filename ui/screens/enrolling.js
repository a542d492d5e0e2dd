// While the token is made: about half a second, more where the keyring asks something.

import { h, title } from "../parts/dom.js";
import { mark } from "../parts/icons.js";
import * as ipc from "../ipc.js";
import { strings } from "../strings.js";

export function enrolling(app) {
  const heading = title(strings.enrolling);
  return {
    content: h(
      "div",
      { class: "centred" },
      h("div", { class: "mark breathing" }, mark()),
      heading,
      h("p", { class: "quiet" }, strings.enrollingText),
    ),
    async show() {
      heading.focus();
      try {
        app.justMade = await ipc.enrol();
        app.screens["name-token"].done();
        await app.refresh();
      } catch (problem) {
        if (!app.failed(problem)) await app.refresh({ refused: problem });
      }
    },
  };
}
