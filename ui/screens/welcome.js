// The first screen of a new device, and the one that adds a further token: a link, or another way.

import { alert, button, h, testid, title } from "../parts/dom.js";
import { pasteField } from "../parts/field.js";
import { mark } from "../parts/icons.js";
import { announced, readQrClipboard, readQrFile } from "../parts/qr-picture.js";
import { backButton, linkRow, rows } from "../parts/rows.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

export function welcome(app) {
  const heading = title("");
  const error = alert("error");
  error.element.id = "paste-link-error";
  const { element: field, input } = pasteField("paste-link", strings.linkLabel, {
    placeholder: strings.linkPlaceholder,
    "aria-describedby": "paste-link-error",
    oninput: error.clear,
  });
  const submit = button(strings.useLink, usePasted, testid("use-link", { class: "main" }));
  const back = backButton(leave);
  const emblem = h("div", { class: "mark" }, mark());
  const reading = h("p", { class: "quiet", role: "status" });
  const chooser = pictureInput("qr-file-input", {});
  // The system's own camera, for one picture.
  const camera = pictureInput("qr-camera-input", { capture: "environment" });
  let further = false;

  async function usePasted() {
    if (input.value.trim() === "") {
      error.say(strings.linkEmpty);
      input.focus();
      return;
    }
    submit.disabled = true;
    try {
      await use(input.value);
    } catch (problem) {
      refuse(problem);
    } finally {
      submit.disabled = false;
    }
  }

  function pictureInput(id, attributes) {
    const options = { type: "file", accept: "image/png,image/jpeg", hidden: true, onchange: useFile };
    return h("input", testid(id, { ...options, ...attributes }));
  }

  async function useFile({ target }) {
    const [file] = target.files;
    target.value = "";
    if (file) await useQr(() => readQrFile(file));
  }

  async function useQr(read) {
    error.clear();
    try {
      const found = await announced(reading, read);
      // Another issuer's token waits in the program, and is shown before it is taken.
      if (found.found === "other") await app.refresh();
      else await use(found.text);
    } catch (problem) {
      refuse(problem);
    }
  }

  /** One field for both kinds of link: people cannot be asked to tell them apart. */
  async function use(text) {
    if (/^\s*otpauth:/i.test(text)) app.goOn(await ipc.addOtherLink(text.trim()));
    else {
      await ipc.acceptLink(text);
      await app.refresh();
    }
    input.value = "";
  }

  function refuse(problem) {
    if (app.failed(problem)) return;
    error.say(problemText(problem));
    input.focus();
  }

  async function leave() {
    await ipc.setAsideLink();
    input.value = "";
    await app.refresh();
  }

  return {
    content: h(
      "div",
      { class: "column" },
      back,
      emblem,
      heading,
      h("p", { class: "lead" }, strings.welcomeText),
      field,
      error.element,
      submit,
      h("h2", { class: "label apart" }, strings.otherWays),
      chooser,
      camera,
      reading,
      rows(
        app.settings.camera
          ? linkRow(strings.qrCamera, () => camera.click(), "qr-camera", strings.qrCameraHint)
          : null,
        linkRow(strings.qrFile, () => chooser.click(), "qr-file", strings.qrFileHint),
        linkRow(strings.qrClipboard, () => useQr(readQrClipboard), "qr-clipboard", strings.qrClipboardHint),
        linkRow(strings.makeFirst, () => app.show("name-token", { further }), "make-first", strings.makeFirstHint),
        linkRow(strings.addOther, () => app.show("other"), "add-other", strings.addOtherHint),
      ),
    ),

    /** `further`: there are tokens to go back to; `refused`: a link that the system handed over. */
    show({ further: more = false, refused = null } = {}) {
      further = more;
      heading.textContent = further ? strings.addToken : strings.welcome;
      back.hidden = !further;
      emblem.hidden = further;
      error.clear();
      if (refused) {
        if (refused.text) input.value = refused.text;
        error.say(problemText(refused.problem));
      }
      heading.focus();
    },

    back: () => further && leave(),
  };
}
