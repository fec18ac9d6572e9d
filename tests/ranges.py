"""Run the tests at the ends of the version ranges in requirements.txt and pyproject.toml, in separate environments.

    python tests/ranges.py lowest highest      the lower ends, then the newest releases inside the ranges
    python tests/ranges.py newest              the newest releases that exist, and which of them are outside
    python tests/ranges.py lowest --only transformers tests/contract

`--only NAME` changes only that library and uses the other libraries of the current environment. `--within NAME` keeps
a library inside its range: below 2.14 pip finds torch for CPUs, later releases bring gigabytes for GPUs. Other
arguments go to pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
EXTRAS = ("evaluate", "series", "sweep", "test")
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


def requirements() -> list[Requirement]:
    """The requirements of the package and its tests, with their ranges."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = re.findall(r"^\w.*$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    lines += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    found = [Requirement(line) for line in lines]
    return [requirement for requirement in found if requirement.name != project["name"]]


def at(end: str, requirement: Requirement) -> str:
    """The requirement for one end of its range, as an argument for pip."""
    lower = next(part.version for part in requirement.specifier if part.operator == ">=")
    return {
        "lowest": f"{requirement.name}=={lower}",
        "highest": str(requirement),
        "newest": f"{requirement.name}>={lower}",
    }[end]


def make(end: str, wanted: list[Requirement], options: argparse.Namespace) -> Path:
    """Create an environment with these libraries and return its Python."""
    folder = ROOT / f".venv-{end}"
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    (python,) = [path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists()]
    if options.only:
        where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        site = subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip()
        Path(site, "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    ends = [at("highest" if each.name in options.within else end, each) for each in wanted]
    subprocess.run([python, *PIP, "install", *ends], check=True)
    return python


def installed(python: Path) -> dict[str, str]:
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--disable-pip-version-check", "--format", "json"],
        check=True,
        capture_output=True,
        text=True,
    )
    return {re.sub("[-_.]+", "-", each["name"]).lower(): each["version"] for each in json.loads(listed.stdout)}


def outside(wanted: list[Requirement], versions: dict[str, str]) -> list[str]:
    """A line for each library whose version is outside its range."""
    found = [(each, versions[re.sub("[-_.]+", "-", each.name).lower()]) for each in wanted]
    strange = [(each, version) for each, version in found if version not in each.specifier]
    return [f"{each.name} {version} is outside {each.specifier}" for each, version in strange]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ends", nargs="+", metavar="END", help="lowest, highest, newest; then words for pytest")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--within", action="append", default=[], metavar="NAME")
    options, words = parser.parse_known_args()
    ends = [word for word in options.ends if word in ("lowest", "highest", "newest")]
    words = [*(word for word in options.ends if word not in ends), *words]
    wanted = [each for each in requirements() if each.name in options.only or not options.only]
    failed = []
    for end in ends:
        python = make(end, wanted, options)
        versions = installed(python)
        print(f"{end}: " + ", ".join(sorted(f"{name} {version}" for name, version in versions.items())))
        status = subprocess.run(
            [python, "-m", "pytest", "--numprocesses", "auto", "--dist", "loadfile", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ).returncode
        failed += [end] if status else []
        print("\n".join(outside(wanted, versions)) or f"{end}: every library is inside its range")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
