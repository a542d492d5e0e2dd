// The tokens and their codes.

import { h, iconButton, testid, title } from "../parts/dom.js";
import { lock, plus, sliders } from "../parts/icons.js";
import { createClockBanner } from "../parts/clock-banner.js";
import { textField } from "../parts/field.js";
import { createTicker } from "../parts/ticker.js";
import { createToast } from "../parts/toast.js";
import { createTokenCard } from "../parts/token-card.js";
import * as ipc from "../ipc.js";
import { problemText, strings } from "../strings.js";

/** With more tokens than this there is a search. */
const FEW = 6;
/** How long the program leaves a code in the clipboard, in seconds. */
const IN_CLIPBOARD = 30;

export function tokens(app) {
  const heading = title(strings.tokens);
  const clock = createClockBanner();
  const notice = h("div", testid("notice", { class: "notice", role: "status" }));
  const list = h("ul", { class: "cards" });
  const empty = h("p", { class: "quiet" }, strings.noTokens);
  const toast = createToast();
  const heard = h("p", { class: "unseen", role: "status" });
  const search = textField("search", strings.search, { type: "search", oninput: drawFound });
  const nothing = h("p", { class: "quiet", hidden: true }, strings.nothingFound);
  const arrange = h(
    "button",
    testid("reorder", { type: "button", class: "plain middle", "aria-pressed": "false", onclick: toggleArranging }),
    strings.reorder,
  );
  const tools = h(
    "div",
    { class: "tools" },
    tool(plus(), strings.addShort, "add-token", () => app.show("welcome", { further: true })),
    tool(sliders(), strings.settings, "settings-open", () => app.show("settings")),
    iconButton(lock(), strings.lockNow, () => app.lockNow(), testid("lock-now", { class: "tool" })),
  );
  const ticker = createTicker(() => cards, said);

  let cards = [];
  /** The ID of the token that was used last. */
  let top;

  function tool(icon, label, id, onclick) {
    return h("button", testid(id, { type: "button", class: "tool square", "aria-label": label, title: label, onclick }), icon);
  }

  function said(problem) {
    if (!app.failed(problem)) say([problemText(problem)]);
  }

  function say(sentences) {
    notice.replaceChildren(...sentences.map((sentence) => h("p", {}, sentence)));
  }

  /** A server was told of a token, and told its time. */
  function sent(skew) {
    app.status.clock_skew = skew;
    clock.show(skew);
  }

  function copied(isCode) {
    const cleared = isCode && app.settings.clear_clipboard;
    toast.say(cleared ? strings.copiedFor(IN_CLIPBOARD) : strings.copied);
  }

  async function moved(token, by) {
    const from = cards.findIndex(({ id }) => id === token.id);
    const to = from + by;
    if (!arranging()) {
      // By keys: in the order that is going to change, which may not be the one on the screen.
      if (arrange.hidden) return;
      toggleArranging();
      cards[from].focusMover(by);
    }
    if (to < 0 || to >= cards.length) return;
    const order = [...cards];
    order.splice(to, 0, ...order.splice(from, 1));
    try {
      await ipc.reorder(order.map(({ id }) => id));
    } catch (problem) {
      said(problem);
      return;
    }
    cards = order;
    top = undefined;
    app.status.tokens = cards.map((card) => card.token);
    drawOrder();
    cards[to].focusMover(by);
    heard.textContent = strings.moved(token.name, to + 1, cards.length);
  }

  /** In the order of the person's own, but for the one used last, unless they are arranging. */
  function drawOrder() {
    const first = arranging() ? undefined : cards.find(({ id }) => id === top);
    const rest = cards.filter((card) => card !== first);
    list.replaceChildren(...(first ? [first, ...rest] : rest).map(({ element }) => element));
    cards.forEach((card, place) => card.setPlace(place === 0, place === cards.length - 1));
  }

  const arranging = () => arrange.getAttribute("aria-pressed") === "true";

  function toggleArranging() {
    setArranging(!arranging());
    drawOrder();
  }

  function setArranging(on) {
    arrange.setAttribute("aria-pressed", String(on));
    arrange.textContent = on ? strings.done : strings.reorder;
    list.classList.toggle("arranging", on);
  }

  /** What its server does not have yet, and did not refuse, is sent by itself: once when it is made, once
   *  after each unlock. */
  function sendPending() {
    const due = (card) => app.justUnlocked || card.id === app.justMade;
    const pending = ({ status, expired, refused }) => status === "pending" && !expired && !refused;
    cards.filter((card) => due(card) && pending(card.token.enrolment)).forEach((card) => card.send());
    app.justUnlocked = false;
    app.justMade = undefined;
  }

  function drawFound() {
    const text = search.input.value.trim().toLocaleLowerCase();
    const found = cards.filter((card) => {
      card.element.hidden = !card.matches(text);
      return !card.element.hidden;
    });
    nothing.hidden = found.length > 0 || cards.length === 0;
    heard.textContent = text === "" ? "" : strings.found(found.length);
    arrange.hidden = text !== "" || cards.length < 2;
  }

  return {
    content: h(
      "div",
      { class: "column wide" },
      h("header", { class: "head" }, heading, tools),
      clock.element,
      notice,
      search.element,
      heard,
      list,
      nothing,
      empty,
      arrange,
      toast.element,
    ),

    show({ tokens, used_last, unreadable, note_unwritten, clock_skew }) {
      const hidden = app.settings.hide_codes;
      const opened = (screen, token) => app.show(screen, { token });
      cards = tokens.map((token) => createTokenCard(token, { hidden, said, copied, opened, moved, sent }));
      top = used_last;
      drawOrder();
      setArranging(false);
      search.element.hidden = tokens.length <= FEW;
      search.input.value = "";
      drawFound();
      empty.hidden = tokens.length > 0;
      clock.show(clock_skew);
      const notices = [];
      if (unreadable.length > 0) notices.push(strings.unreadable(unreadable));
      if (note_unwritten) notices.push(strings.noteUnwritten);
      say(notices);
      ticker.start();
      heading.focus();
      sendPending();
    },

    hide() {
      ticker.stop();
      toast.clear();
      heard.textContent = "";
      search.input.value = "";
      cards = [];
      list.replaceChildren();
    },
  };
}
