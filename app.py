"""The app: text generation and sentiment analysis with recurrent networks, in a browser, offline."""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models",
        nargs="+",
        help="folders or Hub names (NAME@REVISION) to show instead of the bundled models; the environment variable "
        "RNN_MODELS takes the same, separated by commas",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="serve the endpoints as tools for language models too (MCP, at /gradio_api/mcp/); needs the extra `mcp`",
    )
    arguments = parser.parse_args()
    names = arguments.models
    if arguments.mcp and importlib.util.find_spec("mcp") is None:
        parser.error("--mcp needs a package that is not installed: pip install 'rnn-models[mcp]'")
    gc.disable()  # until `launch`: scanning objects that stay for garbage would take a fifth of the start
    from rnn_models import console, ui  # here, because it takes seconds, and --help must not wait for it
    from rnn_models.publish import hub

    console.escape_unencodable()
    hub.limit_waiting()
    names = names or hub.names_in(os.environ.get("RNN_MODELS", ""), ",\n")
    models, notes = ui.load_models(names or ui.find_models(Path(__file__).parent))
    for note in notes:
        print(note)
    if not models:
        print("There is no model to show. Train one with train.py, or name one: python app.py --models FOLDER_OR_NAME")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that uploads are deleted
    ui.launch(ui.create_app(models), mcp_server=arguments.mcp)


if __name__ == "__main__":
    main()
