"""The app: text generation and sentiment by recurrent networks, in a browser, without a network."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models",
        nargs="+",
        help="folders or Hub names (NAME@REVISION) to show in place of the bundled models; the variable RNN_MODELS "
        "says the same, with commas between the names",
    )
    names = parser.parse_args().models
    gc.disable()  # until `launch`: a fifth of the start would go into looking for garbage among what stays
    from rnn_models import console, ui  # here, because it takes seconds that --help must not pay
    from rnn_models.publish import hub

    console.escape_unencodable()
    hub.limit_waiting()
    names = names or hub.names_in(os.environ.get("RNN_MODELS", ""), ",\n")
    models, notes = ui.load_models(names or ui.find_models(Path(__file__).parent))
    for note in notes:
        print(note)
    if not models:
        print("There is no model to show. Train one with train.py, or name one: python app.py --models FOLDER_OR_NAME")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that what was uploaded goes
    ui.launch(ui.create_app(models))


if __name__ == "__main__":
    main()
