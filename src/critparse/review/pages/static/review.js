// What pages do beyond forms and links: words and rules light up together, keys, marking words with the mouse.
// Without it everything still works, with Tab and Enter.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const LIGHT = /^[lg]\d+$/;
  const MARGIN = 130; // what lies over the page at its top and bottom, in pixels

  // --- lighting up -------------------------------------------------------------------------------------------------

  let lit = [];

  function lights(element) {
    const named = element.closest("[data-light]");
    const words = element.closest(".given span");
    const names = named ? [named.dataset.light] : [];
    if (words) names.push(...[...words.classList].filter((name) => /^l\d+$/.test(name)));
    const rule = element.closest(".rule");
    const row = rule && rule.closest(".row");
    if (row && !row.querySelector(".tree")) {
      for (const one of all(".given span", row)) names.push(...[...one.classList].filter((name) => /^l\d+$/.test(name)));
    }
    return names.filter((name) => LIGHT.test(name));
  }

  function lightUp(element) {
    for (const one of lit) one.classList.remove("lit");
    lit = [];
    if (!(element instanceof Element)) return;
    for (const name of new Set(lights(element))) {
      lit.push(...all(`.given .${name}, .source .${name}, .leaf[data-light="${name}"]`));
      for (const words of all(`.given .${name}`)) {
        const row = words.closest(".row");
        if (name.startsWith("l") && row && !row.querySelector(".tree")) lit.push(...all(".rule", row));
      }
    }
    for (const one of lit) one.classList.add("lit");
  }

  document.addEventListener("mouseover", (event) => lightUp(event.target));
  document.addEventListener("focusin", (event) => lightUp(event.target));

  // --- places one can step to --------------------------------------------------------------------------------------

  function prepare() {
    for (const row of all(".read .row[id]")) {
      row.tabIndex = -1;
      row.classList.add("stop");
      const number = row.querySelector(".cid");
      row.setAttribute("role", "group");
      row.setAttribute("aria-label", `Criterion ${number ? number.textContent : ""}`);
      for (const words of all(".given span", row)) {
        if ([...words.classList].some((name) => /^l\d+$/.test(name))) words.tabIndex = -1;
      }
    }
    for (const stop of all("div.stop[data-stop]")) {
      stop.setAttribute("role", "group");
      stop.setAttribute("aria-label", `Finding ${stop.querySelector("h3").textContent}`);
    }
    for (const button of all(".take")) button.hidden = false;
    const first = document.querySelector("#main [autofocus], #main [data-focus]");
    if (first) first.focus();
    else if (location.hash.length > 1) {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      const stop = target && target.closest(".stop");
      if (stop) stop.focus({ preventScroll: true });
    }
  }

  function step(by) {
    const stops = all(".stop").filter((one) => one.getClientRects().length);
    const now = document.activeElement && document.activeElement.closest(".stop");
    const at = now ? stops.indexOf(now) + by : by > 0 ? 0 : stops.length - 1;
    goTo(stops[Math.max(0, Math.min(at, stops.length - 1))]);
  }

  function goTo(stop) {
    if (!stop) return;
    const inside = stop.matches("details") ? stop.querySelector("summary") : stop;
    inside.focus({ preventScroll: true });
    const box = stop.getBoundingClientRect();
    const above = document.getElementById("said").getBoundingClientRect().bottom;
    if (box.top >= Math.max(above, 0) && box.bottom <= innerHeight) return;
    stop.scrollIntoView({ block: box.height > innerHeight - MARGIN ? "start" : "center" });
  }

  // A trial that is opened begins at its first open finding; going back in the browser leads to where one was.
  function arrive() {
    const [way] = performance.getEntriesByType("navigation");
    if (way && way.type !== "navigate" || document.activeElement !== document.body || location.hash) return;
    goTo(document.querySelector("div.stop[data-stop]"));
  }

  function stepWords(by) {
    const row = document.activeElement && document.activeElement.closest(".row");
    if (!row) return false;
    const words = all(".given span[tabindex]", row);
    const at = words.indexOf(document.activeElement);
    const next = words[at < 0 ? (by > 0 ? 0 : words.length - 1) : at + by];
    if (next) next.focus();
    return Boolean(next);
  }

  function toTheOther() {
    const now = document.activeElement && document.activeElement.closest(".stop");
    const link = now && now.querySelector(now.matches(".row") ? "a.ref" : ".where a");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const stop = target && target.closest(".stop");
    if (stop && stop.matches("details")) stop.open = true;
    goTo(stop);
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  const KEPT = "critparse-keys";
  const keysOn = () => localStorage.getItem(KEPT) !== "off";
  const typing = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select");

  function press(key) {
    const stop = document.activeElement && document.activeElement.closest(".stop");
    const found = (stop && stop.querySelector(`[data-key="${key}"]`)) ||
      document.querySelector(`.tools [data-key="${key}"], .crumbs [data-key="${key}"]`);
    if (!found || !(found.offsetParent || found.getClientRects().length)) return false;
    if (found.matches("input")) found.focus();
    else found.click();
    return true;
  }

  function showKeys() {
    const dialog = document.getElementById("keys");
    if (!dialog) return false;
    document.getElementById("keys-on").checked = keysOn();
    dialog.showModal();
    return true;
  }

  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    ArrowRight: () => stepWords(1),
    ArrowLeft: () => stepWords(-1),
    g: () => toTheOther(),
    i: () => location.assign((document.querySelector(".crumbs a") || { href: "/" }).href),
    "/": () => (document.getElementById("q") ? document.getElementById("q").focus() : location.assign("/")),
    "?": () => showKeys(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter" && event.target.matches("[data-submit]")) {
      event.target.form.requestSubmit();
      return;
    }
    if (event.key === "Enter" && event.target.matches(".because input")) {
      event.preventDefault();
      event.target.parentElement.querySelector("[data-enter]").click();
      return;
    }
    if (event.key === "Escape" && event.target.matches(".because input")) {
      goTo(event.target.closest(".stop"));
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (!keysOn() && event.key !== "?") return;
    const act = KEYS[event.key];
    if (act ? act() !== false : "adsoeun".includes(event.key) && press(event.key)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-keys]");
    if (opener && showKeys()) event.preventDefault();
    const take = event.target.closest(".take");
    if (take) {
      const codes = document.getElementById(take.dataset.into);
      codes.value = `${take.dataset.line}\n${codes.value}`;
      codes.focus();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
  });

  // --- words marked with the mouse go into the form of a mention --------------------------------------------------

  let field = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("input.words")) field = event.target;
  });

  // About where marked words begin, so that the server takes the right ones of several: only for the criterion's own
  // words, whose beginning the page knows. Escapes that are undone make it a little too small, which is near enough.
  function placeOf(selection, given) {
    const whole = document.getElementById("criterion");
    if (given !== whole.querySelector(".given")) return "";
    const before = document.createRange();
    before.selectNodeContents(given);
    const marked = selection.getRangeAt(0);
    before.setEnd(marked.startContainer, marked.startOffset);
    const words = before.cloneContents();
    for (const one of words.querySelectorAll(".label, .ref")) one.remove();
    return Number(whole.dataset.start) + words.textContent.length;
  }

  document.addEventListener("mouseup", () => {
    const selection = getSelection();
    const text = selection.toString().trim();
    const given = selection.anchorNode && selection.anchorNode.parentElement && selection.anchorNode.parentElement.closest(".given");
    if (!text || !given || !document.querySelector("input.words")) return;
    const into = field || document.getElementById("words-new");
    into.closest("details").open = true;
    into.value = text.replace(/\s+/g, " ");
    into.form.elements.at.value = placeOf(selection, given);
    into.focus();
  });

  // --- after htmx has put in a new page ----------------------------------------------------------------------------

  let decided = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest && event.target.closest(".decide");
    decided = form ? form.closest("[data-stop]").dataset.stop : null;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "main" && event.target.id !== "rule") return;
    prepare();
    for (const running of document.getElementById("said").getAnimations()) running.cancel(), running.play();
    if (!decided) return;
    const number = Number(decided.slice(1));
    decided = null;
    if (document.querySelector("#main [autofocus], #main [data-focus]")) return;
    const open = all("div.stop[data-stop]");
    const next = open.find((one) => Number(one.dataset.stop.slice(1)) > number) || open[0];
    if (next) return void goTo(next);
    scrollTo(0, 0); // all is decided: to the next trial
    (document.querySelector(".crumbs .next") || document.getElementById("main")).focus({ preventScroll: true });
  });

  prepare();
  arrive();
})();
