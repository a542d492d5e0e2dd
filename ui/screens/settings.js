// What a person may choose. Each choice holds at once.

import { alert, h, testid, title } from "../parts/dom.js";
import { choice, toggle } from "../parts/field.js";
import { backButton, linkRow, rows } from "../parts/rows.js";
import { problemText, strings } from "../strings.js";

const TEXT_SIZES = [100, 125, 150, 200];

export function settings(app) {
  const heading = title(strings.settings);
  const error = alert("error");
  const done = h("p", testid("settings-done", { class: "hint", role: "status" }));

  const autoLock = choice("auto_lock", strings.autoLock, [
    ["background", strings.autoLockBackground],
    ["30", strings.autoLockSeconds(30)],
    ...[1, 5, 15].map((minutes) => [minutes * 60, strings.autoLockMinutes(minutes)]),
  ], chosen((value) => ({ auto_lock: value === "background" ? value : Number(value) })));
  const hideCodes = toggle("hide_codes", strings.hideCodes, switched("hide_codes"));
  const clearClipboard = toggle("clear_clipboard", strings.clearClipboard, switched("clear_clipboard"));
  const theme = choice("theme", strings.theme, [
    ["system", strings.themeSystem],
    ["light", strings.themeLight],
    ["dark", strings.themeDark],
  ], chosen((value) => ({ theme: value })));
  const textSize = choice(
    "text_size",
    strings.textSize,
    TEXT_SIZES.map((size) => [size, strings.percent(size)]),
    chosen((value) => ({ text_size: Number(value) })),
  );
  const language = choice("language", strings.language, [
    ["system", strings.languageSystem],
    ...Object.entries(strings.languageNames),
  ], chosen((value) => ({ language: value })));
  const autostart = toggle("autostart", strings.autostart, switched("autostart"));

  function chosen(change) {
    return { onchange: (event) => set(change(event.target.value)) };
  }

  function switched(name) {
    return { onchange: (event) => set({ [name]: event.target.checked }) };
  }

  async function set(change) {
    error.clear();
    done.textContent = "";
    try {
      await app.choose(change);
    } catch (problem) {
      if (app.failed(problem)) return;
      error.say(problemText(problem));
    }
    // Another language has built this screen anew.
    app.screens.settings.draw();
  }

  function draw() {
    const now = app.settings;
    autoLock.select.value = String(now.auto_lock);
    theme.select.value = now.theme;
    textSize.select.value = String(now.text_size);
    language.select.value = now.language;
    hideCodes.input.checked = now.hide_codes;
    clearClipboard.input.checked = now.clear_clipboard;
    autostart.input.checked = now.autostart;
    autostart.element.hidden = !now.autostart_possible;
  }

  function reportLost() {
    const token = app.status.tokens.find(({ kind, enrolment }) => kind === "own" && enrolment.status === "sent");
    app.show("lost", { token, from: "settings" });
  }

  async function leave() {
    // What comes next is drawn as chosen.
    await app.choosing;
    app.refresh();
  }

  const group = (name, ...parts) => h("section", { class: "card group" }, h("h2", { class: "label" }, name), ...parts);

  return {
    content: h(
      "div",
      { class: "column" },
      backButton(leave),
      heading,
      done,
      error.element,
      group(
        strings.settingsSecurity,
        linkRow(strings.changePin, () => app.show("change-pin"), "change-pin"),
        autoLock.element,
        hideCodes.element,
        clearClipboard.element,
        h("p", { class: "quiet small-text" }, strings.lockShortcut),
      ),
      group(strings.settingsLook, theme.element, textSize.element, language.element),
      group(strings.settingsSystem, autostart.element, linkRow(strings.about, () => app.show("about"), "about-open")),
      rows(linkRow(strings.lost, reportLost, "report-lost")),
    ),

    show({ said } = {}) {
      error.clear();
      done.textContent = said ?? "";
      draw();
      heading.focus();
    },

    draw,

    back: leave,
  };
}
