"""The part of the tab that classifies the texts of a file, and its endpoints."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from ..bulk.run import added_names, label_cells
from ..checkpoint import labels_of
from ..data.tables import Chunk, Table, TableError
from ..inference import Reader, classify, likeliest, not_learnt
from . import uploads
from .i18n import language_of, on_page, refuse, say
from .models import LoadedModel
from .results import ORDERS, SHOWN_ROWS, STYLE, chosen_rows, count_labels, draw_counts, draw_rows, read_results
from .sentiment_labels import label_name
from .table import open_upload, read_rows, refused, remarks_on

AT_ONCE = 256  # texts between two updates of the page
FILE_CONCURRENCY: dict[str, Any] = {"concurrency_id": "classify_file", "concurrency_limit": 1}
SHOWN_COLUMNS = 200
HEADERS = {"auto": None, "yes": True, "no": False}
EVERY, ALL_ROWS = "", ""  # the values of "all labels" and of "all rows together"

ModelFor = Callable[[str, object, "gr.Request | None"], LoadedModel]


class Outcome(NamedTuple):
    """The results of one visitor's file, which only this visitor's page holds.

    Attributes:
        source: the path of the file.
        path: of the table that is downloaded.
        column: the one with the texts.
        own: the file's own columns.
        numbers: of the rows in the file.
        counts: the rows per label, under "" those without.
        strange: texts that the model seems not to have learnt to read.
        labels: all that a row can have.
    """

    source: str
    path: str
    column: str
    own: list[str]
    numbers: list[int]
    counts: Counter[str]
    strange: int
    labels: list[str]


def file_part(models: list[LoadedModel], model: gr.Dropdown, model_for: ModelFor) -> None:
    """Build it below the texts, and the endpoints `/classify_file`, `/file_rows` and `/file_counts`.

    Args:
        models: classifiers.
        model: the component that chooses among them.
        model_for: the one for a text, by the value of this component.
    """
    readers = {each.name: Reader(each.tokenizer, each.language) for each in models}
    known = list(dict.fromkeys(label for each in models for label in labels_of(each.model.config)))

    def judge(
        path: str | None, name: object, column: object, header: bool | None, request: gr.Request | None
    ) -> Iterator[tuple[int, int] | Outcome]:
        """Classify a file; yields how many of how many texts are done, and at last the outcome."""
        table = open_upload(path, request, column=column if isinstance(column, str) else None, header=header)
        chunks = read_rows(table, request)
        texts = [text for chunk in chunks for text in chunk.texts]
        groups: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            if text.strip():
                groups.setdefault(model_for(text, name, request).name, []).append(row)
        results: list[dict[str, float] | None] = [None] * len(texts)
        done, of, strange = 0, sum(map(len, groups.values())), 0
        yield done, of
        for one in (each for each in models if each.name in groups):
            rows = sorted(groups[one.name], key=lambda row: len(texts[row]))
            for start in range(0, len(rows), AT_ONCE):
                part = rows[start : start + AT_ONCE]
                scripts = [readers[one.name].script(texts[row]) for row in part]
                answers = classify(one.classifier, one.tokenizer, scripts)
                for row, probabilities in zip(part, answers, strict=True):
                    results[row] = probabilities
                    strange += not_learnt(texts[row], one.language) in ("script", "language")
                done += len(part)
                yield done, of
        labels = [label for label in known if any(found and label in found for found in results)]
        written = write(table, chunks, results, labels, request)
        counts = Counter("" if found is None else likeliest(found) for found in results)
        numbers = [number for chunk in chunks for number in chunk.numbers]
        yield Outcome(str(path), str(written), table.chosen(), table.columns, numbers, counts, strange, labels)

    def look(path: str | None, header: bool | None, request: gr.Request) -> dict[Any, Any]:
        """What the page says of a file before it is classified."""
        if not path:
            return {note: "", **no_choice(), **nothing()}
        try:
            table = open_upload(path, request, header=header)
        except gr.Error as error:
            return {note: problem(error), **no_choice(), **nothing()}
        clauses = remarks_on(table, request)
        said = sentence(clauses, request) if clauses else ""
        if table.column is None:
            said += (" " if said else "") + say("file_choose", request)
        names = table.columns[:SHOWN_COLUMNS]
        has_header = table.header_is_a_question
        return {
            note: f'<p class="note" role="status">{escape(said)}</p>' if said else "",
            column: gr.Dropdown(choices=names, value=table.column, visible=len(names) > 1),
            header_box: gr.Checkbox(value=table.header, visible=has_header),
            **nothing(),
        }

    def no_choice() -> dict[Any, Any]:
        """The page without a file: the column of the one before must not be looked for in the next."""
        return {column: gr.Dropdown(choices=[], value=None, visible=False), header_box: gr.Checkbox(visible=False)}

    def on_choice(path: str | None, outcome: Outcome | None, request: gr.Request) -> dict[Any, Any]:
        found = look(path, None, request)
        # Whoever takes a file away, chooses another and has it classified at once gets the answers in another order.
        done = outcome is not None and outcome.source == path
        return {each: found[each] for each in (column, header_box)} if done else found

    def on_header(path: str | None, header: bool, request: gr.Request) -> dict[Any, Any]:
        return look(path, header, request)

    def on_file(
        path: str | None, name: object, chosen: object, header: bool, request: gr.Request
    ) -> Iterator[dict[Any, Any]]:
        yield {note: at_work(0, 0, request), **nothing()}
        try:
            table = open_upload(path, request, header=None)
            said = header if table.header_is_a_question and isinstance(header, bool) else None
            for step in judge(path, name, chosen, said, request):
                if isinstance(step, Outcome):
                    yield shown(step, request)
                else:
                    yield {note: at_work(*step, request)}
        except gr.Error as error:
            yield {note: problem(error), **nothing()}

    def nothing() -> dict[Any, Any]:
        """The page without results."""
        hidden: dict[Any, Any] = {each: gr.Column(visible=False) for each in (group, rows_group)}
        hidden[download] = gr.DownloadButton(value=None, visible=False)
        return {**hidden, picture: "", listing: "", state: None}

    def shown(outcome: Outcome, request: gr.Request) -> dict[Any, Any]:
        rows = results_of(outcome, request)
        everything = [(say("file_all_rows", request), ALL_ROWS), *((name, name) for name in outcome.own)]
        labels = [(say("file_filter_all", request), EVERY)]
        labels += [(label_name(label, request), label) for label in outcome.labels]
        return {
            note: f'<p class="note" role="status">{escape(summary(outcome, request))}</p>',
            group: gr.Column(visible=True),
            rows_group: gr.Column(visible=True),
            picture: draw_counts(rows, "", request),
            by: gr.Dropdown(choices=everything[:SHOWN_COLUMNS], value=ALL_ROWS),
            label_filter: gr.Radio(choices=labels, value=EVERY),
            order: gr.Radio(choices=[(say(f"file_order_{each}", request), each) for each in ORDERS], value="file"),
            listing: draw_rows(rows, request),
            download: gr.DownloadButton(value=outcome.path, visible=True),
            state: outcome,
        }

    def results_of(outcome: Outcome, request: gr.Request, column: str = "") -> list[Any]:
        if not Path(outcome.path).is_file():
            raise refuse("file_gone", request)
        of = outcome.numbers
        return read_results(outcome.path, outcome.labels, request, column=outcome.column, by=column, numbers=of)

    def on_by(outcome: Outcome | None, column: object, request: gr.Request) -> str:
        if outcome is None:  # what is asked about was kept for other clients since
            raise refuse("file_gone", request)
        wanted = column if isinstance(column, str) and column in outcome.own else ALL_ROWS
        return draw_counts(results_of(outcome, request, wanted), wanted, request)

    def on_filter(outcome: Outcome | None, label: object, how: object, request: gr.Request) -> str:
        if outcome is None:  # what is asked about was kept for other clients since
            raise refuse("file_gone", request)
        rows = results_of(outcome, request)
        return draw_rows(chosen_rows(rows, str(label or ""), str(how), request), request)

    def classify_file(
        file: dict[str, Any],
        model: str = "auto",
        text_column: str = "",
        header: str = "auto",
        request: gr.Request = None,
    ) -> dict[str, Any]:
        """The texts of a file with a label for each, as a table, and the number of rows per label.

        Args:
            file: .txt with one text per line, .csv, .tsv, .jsonl, .json, .xlsx or .parquet; at most 5 MB and 10,000
                rows.
            model: name of a classifier of this app, or "auto" to choose by the language of each text.
            text_column: the column with the texts; by default the one whose name or cells say so.
            header: whether the first row has the names of the columns: "yes", "no" or "auto".
        """
        if header not in HEADERS:
            raise refuse("file_no_header", request)
        said = HEADERS[header]
        *_, outcome = judge(path_of(file), model, text_column, said, request)
        assert isinstance(outcome, Outcome)
        name = Path(outcome.path).name
        return {
            "counts": {label: outcome.counts[label] for label in outcome.labels},
            "blank": outcome.counts[""],
            "not_learnt": outcome.strange,
            "text_column": outcome.column,
            "file": {"path": outcome.path, "orig_name": name, "meta": {"_type": "gradio.FileData"}},
        }

    def file_rows(
        file: dict[str, Any], label: str = "", order: str = "file", limit: int = SHOWN_ROWS, text_column: str = "",
        request: gr.Request = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Rows of a table that classify_file gave: their number, text, label and probabilities.

        Args:
            file: the table.
            label: only rows with this label; by default all rows.
            order: "file", "certain" (the most certain rows first) or "uncertain".
            limit: the largest number of rows.
            text_column: the column with the texts; by default the one whose name or cells say so.
        """
        rows = read_results(path_of(file), known, request, column=str(text_column))
        found = chosen_rows(rows, str(label), str(order), request)
        many = limit if isinstance(limit, int) and limit > 0 else SHOWN_ROWS
        return [{"row": row.row, "text": row.text, "label": row.label, **row.shares} for row in found[:many]]

    def file_counts(
        file: dict[str, Any], by: str = "", text_column: str = "", request: gr.Request = None
    ) -> dict[str, dict[str, int]]:
        """The number of rows per label in a table that classify_file gave, for each value of a column.

        Args:
            file: the table.
            by: the column; by default all rows are counted together, under an empty string.
            text_column: the column with the texts; by default the one whose name or cells say so.
        """
        rows = read_results(path_of(file), known, request, column=str(text_column), by=str(by))
        return count_labels(rows, str(by))

    gr.Markdown(on_page("file_section"))
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            gr.Markdown(on_page("file_hint"), elem_classes="details")
            file = gr.File(label=on_page("file"), height=140, elem_id="classify-file")
            column = gr.Dropdown([], label=on_page("file_column"), visible=False, allow_custom_value=True)
            header_box = gr.Checkbox(True, label=on_page("file_header"), visible=False)
            button = gr.Button(on_page("classify_file"))
        with gr.Column(scale=3, min_width=280):
            note = part("file-note")
            with gr.Column(visible=False) as group:
                by = gr.Dropdown([], label=on_page("file_by"), allow_custom_value=True)
                picture = part("file-counts")
            download = gr.DownloadButton(on_page("download"), visible=False)
    with gr.Column(visible=False) as rows_group:
        label_filter = gr.Radio([], label=on_page("file_filter"))
        order = gr.Radio([], label=on_page("file_order"))
        listing = part("file-rows")
    for chosen in (label_filter, order):
        # Gradio no longer knows the choices of a client whose file is no longer kept; `on_filter` says so
        chosen.preprocess = lambda payload: payload  # type: ignore[method-assign]
    state = gr.State(None, time_to_live=uploads.MAX_AGE)

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    results = [group, rows_group, picture, listing, download, state]
    before = [note, column, header_box, *results]
    file.change(on_choice, [file, state], before, **FILE_CONCURRENCY, **private)
    header_box.input(on_header, [file, header_box], before, **FILE_CONCURRENCY, **private)
    everything = [note, *results, by, label_filter, order]
    button.click(on_file, [file, model, column, header_box], everything, **FILE_CONCURRENCY, **private)
    by.input(on_by, [state, by], picture, **private)
    gr.on([label_filter.input, order.input], on_filter, [state, label_filter, order], listing, **private)
    # Gradio does not resolve postponed annotations: the API's description would say "any"
    for function, returned in (
        (classify_file, dict[str, Any]), (file_rows, list[dict[str, Any]]), (file_counts, dict[str, dict[str, int]])
    ):  # fmt: skip
        function.__annotations__["return"] = returned
        gr.api(function, api_name=function.__name__, **FILE_CONCURRENCY)


def part(elem_id: str) -> gr.HTML:
    return gr.HTML("", css_template=STYLE, elem_id=elem_id, apply_default_css=False)


def path_of(file: object) -> str | None:
    """The path of an uploaded file, which the app has checked."""
    path = file.get("path") if isinstance(file, dict) else None
    return path if isinstance(path, str) else None


def write(
    table: Table,
    chunks: Sequence[Chunk],
    results: Sequence[dict[str, float] | None],
    labels: Sequence[str],
    request: gr.Request | None,
) -> Path:
    """The table with the new columns, in a folder of its own among the uploads. Raises `gr.Error`."""
    try:
        names = added_names(labels, table.columns)
    except TableError as error:
        raise refused(error, request) from None
    name = f"{table.path.stem}.classified{table.spreadsheet_suffix or table.path.suffix.lower()}"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        with table.writing(file, names, for_spreadsheets=True) as write_rows:
            write_rows(chunks, [label_cells(found, labels) for found in results])
        if not uploads.make_room(file.stat().st_size):
            raise refuse("no_room", request, limit=uploads.MAX_HELD_MEGABYTES)
        kept = uploads.folder() / secrets.token_hex(32) / name
        kept.parent.mkdir()
        return Path(shutil.move(file, kept))


def summary(outcome: Outcome, request: gr.Request | None) -> str:
    """The number of texts per label, of blank rows and of texts that the model seems not to have learnt to read."""
    judged = sum(outcome.counts.values()) - outcome.counts[""]
    blank, strange = outcome.counts[""], outcome.strange
    names = [(label_name(label, request), number) for label, number in outcome.counts.most_common() if label]
    counts = join([f"{name} {number:,}" for name, number in names], request)
    clauses = [say("file_text" if judged == 1 else "file_texts", request, count=f"{judged:,}", counts=counts)]
    if blank:
        clauses.append(say("file_blank" if blank == 1 else "file_blanks", request, count=f"{blank:,}"))
    if strange:
        clauses.append(say("file_strange_one" if strange == 1 else "file_strange", request, count=f"{strange:,}"))
    return " ".join(sentence([clause], request) for clause in clauses)


def join(clauses: Sequence[str], request: gr.Request | None) -> str:
    return ("，" if language_of(request) == "zh" else ", ").join(clauses)


def sentence(clauses: Sequence[str], request: gr.Request | None) -> str:
    said = join(clauses, request)
    return said[:1].upper() + said[1:] + ("。" if language_of(request) == "zh" else ".")


def problem(error: gr.Error) -> str:
    """An error in the place of the results, which would be those of another file."""
    return f'<p class="problem" role="alert">{escape(str(error.message))}</p>'


def at_work(done: int, of: int, request: gr.Request | None) -> str:
    said = say("file_at_work", request, done=f"{done:,}", all=f"{of:,}") if of else ""
    return f'<p class="note" role="status">{said}</p><progress max="{max(of, 1)}" value="{done}"></progress>'
