"""The results of a file: reading them again from the table that is downloaded, and drawing them as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import gradio as gr

from ..bulk.run import ADDED, SECOND_CHOICE
from ..data.tables import Table, TableError
from .i18n import refuse, say
from .sentiment_labels import label_name
from .table import MAX_ROWS, open_upload, refused

SHOWN_ROWS = 200
SHOWN_CHARACTERS = 300
SHOWN_VALUES = 12
ORDERS = ("file", "certain", "uncertain")

# The colours of the usual labels are the page's own; any others follow each other.
COLOURS = {
    "negative": "var(--rnn-negative, #b3500a)",
    "neutral": "var(--rnn-neutral, #5c6670)",
    "positive": "var(--rnn-positive, #00619e)",
}
MORE_COLOURS = ("#00619e", "#b3500a", "#00735c", "#8a4b7a", "#5c6670", "#7a6000")

STYLE = """
.problem { border-left: 4px solid var(--rnn-negative, #b3500a); padding: 0.1rem 0.6rem; font-weight: 600; }
.note { overflow-wrap: anywhere; }
progress { width: 100%; height: 0.6rem; }
.counts { display: grid; grid-template-columns: minmax(4rem, auto) 1fr auto; gap: 0.3rem 0.6rem; align-items: center; }
.line { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; align-items: center; }
.line > * { min-width: 0; overflow-wrap: anywhere; }
.bar { display: flex; height: 1.1rem; border-radius: 3px; overflow: hidden; background: var(--border-color-primary); }
.bar span { display: block; height: 100%; }
.number, td, th { font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0.4rem 0; }
.legend i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 2px; margin-right: 0.35rem; }
.region { max-height: 28rem; overflow: auto; border: 1px solid var(--border-color-primary); border-radius: 4px; }
.region:focus-visible { outline: 3px solid var(--rnn-accent, #005b8f); }
table { width: 100%; border-collapse: collapse; margin: 0; }
th, td { padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; border: 0;
  border-bottom: 1px solid var(--border-color-primary); }
thead th { position: sticky; top: 0; background: var(--background-fill-primary); }
td.text { overflow-wrap: anywhere; white-space: pre-line; min-width: 8rem; width: 99%; }
td.share, th.share, td.row, th.row { text-align: right; white-space: nowrap; }
td.label { white-space: nowrap; }
@media (max-width: 640px) {
  .counts { grid-template-columns: 1fr auto; }
  .line .bar { grid-row: 2; grid-column: 1 / -1; }
  td.share:empty { display: none; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: flex; flex-wrap: wrap; gap: 0 0.8rem; padding: 0.4rem 0.5rem;
    border-bottom: 1px solid var(--border-color-primary); }
  td { border: 0; padding: 0.1rem 0; }
  td.text { order: 9; flex-basis: 100%; width: auto; }
  td.share::before, td.row::before { content: attr(data-name) " "; color: var(--body-text-color-subdued); }
}
"""


class Judged(NamedTuple):
    """A row of the results: its number, text, label ("" for none) and the probability of each label."""

    row: int
    text: str
    label: str
    shares: dict[str, float]
    value: str = ""


def result_names(table: Table, labels: Iterable[str]) -> list[str]:
    """The columns that classifying added to a table: that of the label, and those of the probabilities."""
    for prefix in (SECOND_CHOICE, ""):
        if prefix + ADDED in table.columns:
            names = [prefix + label for label in labels if prefix + label in table.columns]
            if names:
                return [prefix + ADDED, *names]
    return []


def read_results(
    path: str | None,
    labels: Sequence[str],
    request: gr.Request | None,
    *,
    column: str = "",
    by: str = "",
    numbers: Sequence[int] = (),
) -> list[Judged]:
    """The rows of a table that was classified.

    Args:
        labels: those that a model of the app may give.
        column: the one with the texts; an empty string has it found.
        by: a column whose value each row gets.
        numbers: of the rows in the file that was classified; by default those in this one.

    Raises:
        gr.Error: the file cannot be read, or is no result.
    """
    try:
        table = open_upload(path, request, column=column)
        names = result_names(table, labels)
        if not names:
            raise refuse("file_no_result", request, file=table.path.name)
        prefix = names[0].removesuffix(ADDED)
        columns = [table.chosen(), *names, *([by] if by else [])]
        found = []
        for place, (number, cells) in enumerate(table.read(columns)):
            if place == MAX_ROWS:
                raise refuse("file_rows", request, limit=MAX_ROWS)
            text, label, shares = cells[0], cells[1], cells[2 : len(names) + 1]
            found.append(
                Judged(
                    numbers[place] if place < len(numbers) else number,
                    table.text(text, number),
                    str(label or ""),
                    {
                        name.removeprefix(prefix): float(str(share))
                        for name, share in zip(names[1:], shares, strict=True)
                        if share not in (None, "")
                    },
                    "" if not by or cells[-1] is None else str(cells[-1]),
                )
            )
        return found
    except TableError as error:
        raise refused(error, request) from None


def chosen_rows(rows: Sequence[Judged], label: str, order: str, request: gr.Request | None) -> list[Judged]:
    """The rows with a label (an empty string for all rows), in one of `ORDERS`. Raises `gr.Error`."""
    if order not in ORDERS:
        raise refuse("file_no_order", request)
    found = [row for row in rows if not label or row.label == label]
    if order == "file":
        return found
    judged = [row for row in found if row.shares]
    return sorted(judged, key=lambda row: max(row.shares.values()), reverse=order == "certain")


def count_labels(rows: Sequence[Judged], by: str = "") -> dict[str, dict[str, int]]:
    """The number of rows per label for each value of the column `by`, the most frequent values first; all rows under
    an empty string without one. Rows without a label are left out."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        if row.label:
            counts.setdefault(row.value if by else "", Counter())[row.label] += 1
    ordered = sorted(counts.items(), key=lambda item: -item[1].total())
    return {value: dict(count) for value, count in ordered}


def draw_counts(rows: Sequence[Judged], by: str, request: gr.Request | None) -> str:
    """Bars: one for each label, or for each value of a column one that is divided by label."""
    counts = count_labels(rows, by)
    labels = list(dict.fromkeys(label for row in rows for label in row.shares))
    colours = {label: COLOURS.get(label, MORE_COLOURS[place % 6]) for place, label in enumerate(labels)}
    lines = []
    if not by:
        total = sum(counts.get("", {}).values()) or 1
        for label in labels:
            number = counts.get("", {}).get(label, 0)
            lines.append(_bar(label_name(label, request), [(number, colours[label])], total, f"{number:,}"))
        return f'<div class="counts">{"".join(lines)}</div>'
    merged = dict(list(counts.items())[:SHOWN_VALUES])
    rest: Counter[str] = Counter()
    for value in list(counts)[SHOWN_VALUES:]:
        rest.update(counts[value])
    named = [(value or say("file_blank_value", request), count) for value, count in merged.items()]
    named += [(say("file_other_values", request), dict(rest))] if rest else []
    for name, count in named:
        total = sum(count.values())
        parts = [(count.get(label, 0), colours[label]) for label in labels]
        lines.append(_bar(name, parts, total, " / ".join(f"{number:,}" for number, _ in parts)))
    legend = "".join(
        f'<span><i style="background:{colours[label]}"></i>{escape(label_name(label, request))}</span>'
        for label in labels
    )
    return f'<div class="legend">{legend}</div><div class="counts">{"".join(lines)}</div>'


def _bar(name: str, parts: Sequence[tuple[int, str]], total: int, numbers: str) -> str:
    spans = "".join(f'<span style="width:{100 * n / total:.2f}%;background:{colour}"></span>' for n, colour in parts)
    name = f"<span>{escape(name[:60])}</span>"
    return f'<div class="line">{name}<span class="bar">{spans}</span><span class="number">{numbers}</span></div>'


def draw_rows(rows: Sequence[Judged], request: gr.Request | None) -> str:
    """The first rows as a table, and how many there are."""
    if not rows:
        return f'<p class="note">{say("file_none", request)}</p>'
    labels = list(dict.fromkeys(label for row in rows for label in row.shares))
    names = {label: escape(label_name(label, request)) for label in labels}
    row_name, text_name, label_title = (say(f"column_{each}", request) for each in ("row", "text", "label"))
    head = f'<th class="row">{row_name}</th><th>{text_name}</th><th>{label_title}</th>'
    head += "".join(f'<th class="share">{names[each]}</th>' for each in labels)
    lines = []
    for row in rows[:SHOWN_ROWS]:
        text = row.text[:SHOWN_CHARACTERS] + ("…" if len(row.text) > SHOWN_CHARACTERS else "")
        percents = {label: f"{share:.1%}" for label, share in row.shares.items()}
        shares = "".join(
            f'<td class="share" data-name="{names[each]}">{percents.get(each, "")}</td>' for each in labels
        )
        label = escape(label_name(row.label, request)) if row.label else "—"
        lines.append(
            f'<tr><td class="row" data-name="{row_name}">{row.row:,}</td><td class="text">{escape(text)}</td>'
            f'<td class="label">{label}</td>{shares}</tr>'
        )
    more = ""
    if len(rows) > SHOWN_ROWS:
        part = say("file_part", request, shown=f"{SHOWN_ROWS:,}", count=f"{len(rows):,}")
        more = f'<p class="note">{part}</p>'
    region = say("file_rows_region", request)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'{more}<div class="region" role="region" tabindex="0" aria-label="{region}">{table}</div>'
