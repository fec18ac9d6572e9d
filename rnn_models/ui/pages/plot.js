// A plot is thousands of nameless marks to a screen reader, and each change draws it anew: the sentence above it and the
// table to download say what it shows.
const column = element.closest(".column");
const hide = () => column.querySelectorAll(".vega-embed").forEach((plot) => plot.setAttribute("aria-hidden", "true"));
new MutationObserver(hide).observe(column, { childList: true, subtree: true });
hide();
