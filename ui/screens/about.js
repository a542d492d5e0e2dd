// What this program is, and whose work it is made with.

import { h, testid, title } from "../parts/dom.js";
import { mark } from "../parts/icons.js";
import { backButton } from "../parts/rows.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function about(app) {
  const heading = title(strings.app);
  const version = h("p", testid("version", { class: "selectable" }));
  const list = h("ul", testid("licences", { class: "licences" }));
  const leave = () => app.show("settings");

  async function load() {
    try {
      const told = await ipc.about();
      version.textContent = [strings.version(told.version), told.licence].filter(Boolean).join(" · ");
      list.replaceChildren(
        ...told.licences.map((work) =>
          h(
            "li",
            {},
            h("span", {}, `${work.name} ${work.version}`),
            h("span", { class: "quiet small-text" }, work.licence),
          ),
        ),
      );
    } catch (problem) {
      if (!app.failed(problem)) version.textContent = problemText(problem);
    }
  }

  return {
    content: h(
      "div",
      { class: "column" },
      backButton(leave),
      h("div", { class: "mark" }, mark()),
      heading,
      h("p", { class: "lead" }, strings.aboutText),
      version,
      h("details", { class: "card more" }, h("summary", testid("licences-open"), strings.licences), h("p", {}, strings.licencesText), list),
    ),
    show() {
      heading.focus();
      load();
    },
    hide: () => list.replaceChildren(),
    back: leave,
  };
}
