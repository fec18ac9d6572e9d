// Runs before Gradio's own scripts: the language of the page, and what is typed with an input method.
(() => {
  const KEPT = "rnn-models-language";
  // As the server reads Accept-Language: English or Chinese, whichever is named first. Every kind of Chinese counts.
  const read = (codes) => codes.map((code) => code.toLowerCase().split("-")[0]).find((code) => code === "zh" || code === "en");
  const stored = () => { try { return localStorage.getItem(KEPT); } catch { return null; } };  // storage may be forbidden
  const language = read([stored() ?? "", ...navigator.languages]) ?? "en";
  // Gradio knows only some codes of Chinese, and reads no other place than this one:
  // https://github.com/gradio-app/gradio/blob/main/js/core/src/i18n.ts
  const code = language === "zh" ? "zh-CN" : "en";
  Object.defineProperty(navigator, "language", { get: () => code });
  Object.defineProperty(navigator, "languages", { get: () => [code] });
  document.documentElement.lang = code;

  // What the server says comes in the language of the page.
  const fetched = window.fetch;
  window.fetch = (what, options = {}) => {
    const address = new URL(what instanceof Request ? what.url : what, document.baseURI);
    if (address.origin !== location.origin) return fetched(what, options);
    const headers = new Headers(options.headers ?? (what instanceof Request ? what.headers : {}));
    headers.set("Accept-Language", code);
    return fetched(what, { ...options, headers });
  };

  // What the visitor set, by the names that the API has. It stays through a reload, and goes with the tab of the browser.
  const VISIT = "rnn-models-visit";
  const chosen = new Map();
  const of = (id) => document.getElementById(id)?.querySelector("textarea, input");
  addEventListener("input", ({ target }) => {
    const part = target.closest("[id^=generate-]");
    if (part && target.value !== "" || part?.id === "generate-prompt") chosen.set(part.id.slice("generate-".length), target.value);
  }, true);
  addEventListener("pagehide", () => {
    const tab = document.querySelector("button[role=tab][aria-selected=true]")?.dataset.tabId;
    const kept = { tab, text: of("classify-text")?.value, chosen: { ...Object.fromEntries(chosen), model: of("generate-model")?.value } };
    try { sessionStorage.setItem(VISIT, JSON.stringify(kept)); } catch { /* then a reload begins anew */ }
  });

  // What was there before a reload, or else what a link asks for (#generate?model=...&prompt=...).
  function before() {
    if (performance.getEntriesByType("navigation")[0]?.type === "reload") {
      try { const kept = JSON.parse(sessionStorage.getItem(VISIT)); if (kept) return kept; } catch { /* it begins anew */ }
    }
    const [tab, query] = location.hash.slice(1).split("?");
    if (query && tab === "generate") return { tab, chosen: Object.fromEntries(new URLSearchParams(query)) };
    if (query && tab === "sentiment") return { tab, text: new URLSearchParams(query).get("text"), chosen: {} };
    return { chosen: {} };
  }
  const visit = before();
  for (const [name, value] of Object.entries(visit.chosen)) if (name !== "model") chosen.set(name, value);
  const waiting = new MutationObserver(() => {
    const tab = visit.tab && document.querySelector(`button[role=tab][data-tab-id="${CSS.escape(visit.tab)}"]`);
    if (tab) { visit.tab = null; if (!location.hash.startsWith("#inside")) tab.click(); }
    const text = visit.text && of("classify-text");
    if (text) { text.value = visit.text; visit.text = null; text.dispatchEvent(new InputEvent("input", { bubbles: true })); }
    if (!visit.tab && !visit.text) waiting.disconnect();
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });

  window.rnnModels = {
    language,
    chosen,
    sent: () => JSON.stringify(Object.fromEntries(chosen)),
    // what the next text is asked for with, beside the fields of the page
    asked: null,
    take() { const asked = this.asked; this.asked = null; return asked ? JSON.stringify(asked) : ""; },
    first: () => JSON.stringify(visit.chosen),
    link() {
      const asked = new URLSearchParams({ model: of("generate-model").value, prompt: of("generate-prompt").value, ...Object.fromEntries(chosen) });
      return `${location.href.split("#")[0]}#generate?${asked}`;
    },
    choose(wanted) {
      try { localStorage.setItem(KEPT, wanted); } catch { /* the choice lasts for this page */ }
      if (wanted !== language) location.reload();
    },
    // On a narrow screen the result stands below the fold: show it, when it is laid out.
    reveal(selector) {
      if (innerWidth >= 768) return;
      requestAnimationFrame(() => document.querySelector(selector)?.scrollIntoView({ block: "start" }));
    },
  };
  // Gradio's own settings have a list of languages too.
  new MutationObserver(() => {
    const shown = read([document.documentElement.lang]) ?? "en";
    if (shown !== language) window.rnnModels.choose(shown);
  }).observe(document.documentElement, { attributeFilter: ["lang"] });

  // While a character is being composed (pinyin), its letters are not the text yet. And a number that somebody has just
  // deleted, to write another, is no 0: Gradio would take it for one.
  const deleted = (field) => field.type === "number" && field.value === "";
  addEventListener("focusin", ({ target }) => { if (target.type === "number") target.dataset.before = target.value; }, true);
  addEventListener("input", (event) => {
    if (event.isComposing || deleted(event.target)) event.stopImmediatePropagation();
    else if (event.target.type === "number") event.target.dataset.before = event.target.value;
  }, true);
  addEventListener("focusout", ({ target }) => { if (deleted(target)) target.value = target.dataset.before ?? ""; }, true);
  addEventListener("compositionend", (event) => {
    event.target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  }, true);
})();
