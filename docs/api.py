"""Write docs/api.md, the reference of the public names, from their docstrings.

python docs/api.py          run at the top of the project, as `make readme` does
"""

from __future__ import annotations

import inspect
from pathlib import Path

import rnn_models

HEAD = """# Public names: `from rnn_models import ...`

Written by `python docs/api.py` from the docstrings. Importing the package is cheap: each name is imported on first
use. Everything else in the package may change from one release to the next.
"""


def page() -> str:
    """The page in Markdown: signature and docstring of each name, and of the public methods of each class."""
    return "\n".join([HEAD, *(_entry(name, getattr(rnn_models, name), "##") for name in rnn_models.__all__)])


def _entry(name: str, thing: object, level: str) -> str:
    about = inspect.getdoc(thing) or ""
    try:
        call = str(inspect.signature(thing)).replace("'", "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        call = ""
    if "kwargs: Unpack" in call or "transformers_version" in call:
        call = "(**fields)"  # the fields of every transformers configuration; the list differs between its releases
    lines = [f"{level} `{name}`", "", f"```python\n{name}{call}\n```", "", f"```text\n{about}\n```", ""]
    if inspect.isclass(thing):
        for method, value in vars(thing).items():
            function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            if not method.startswith("_") and inspect.isfunction(function) and function.__doc__:
                lines.append(_entry(f"{name}.{method}", function, "###"))
    return "\n".join(lines)


if __name__ == "__main__":
    Path("docs/api.md").write_text(page(), encoding="utf-8")
