"""Try the package with the lowest and the newest versions that setup.cfg allows. `make edges`.

Each edge gets a fresh virtual environment, in which the wheel is installed and used as a student would use it. The
outcomes, with the versions of all dependencies, are printed at the end.

    python tests/portability/dependency_edges.py lowest newest preview
"""

import argparse
import configparser
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent.parent
EDGES = {
    "lowest": "the lower bound of every dependency",
    "newest": "the newest release of every dependency that its range allows",
    "preview": "the newest TensorFlow, pre-releases included",
    "cpu": "tensorflow-cpu in place of tensorflow, as docs/install.md says",
}


def read_requirements() -> list[Requirement]:
    """Return what the package requires."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return [Requirement(line) for line in setup["options"]["install_requires"].split("\n") if line]


def lower_bound(requirement: Requirement) -> str:
    """Return a requirement's lower bound, such as 2.21."""
    return next(clause.version for clause in requirement.specifier if clause.operator == ">=")


def pip_arguments(edge: str, wheel: Path) -> list[list[str]]:
    """Return the arguments of the calls of pip that install the wheel with an edge's versions."""
    requirements = read_requirements()
    if edge == "lowest":
        return [["install", str(wheel), *(f"{one.name}=={lower_bound(one)}" for one in requirements)]]
    if edge == "newest":
        return [["install", "--upgrade", "--upgrade-strategy", "eager", str(wheel)]]
    tensorflow = next(str(one.specifier) for one in requirements if one.name == "tensorflow")
    if edge == "preview":
        # A range that names a pre-release allows pre-releases, of this package alone.
        return [["install", str(wheel), f"tensorflow{tensorflow},>=0.0rc0"]]
    others = [str(one) for one in requirements if one.name != "tensorflow"]
    return [["install", f"tensorflow-cpu{tensorflow}", *others], ["install", "--no-deps", str(wheel)]]


def try_edge(edge: str, wheel: Path, python: str) -> str:
    """Install an edge in a fresh environment and use it; return the outcome with the versions that pip chose."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        subprocess.run([python, "-m", "venv", place / "venv"], check=True)
        programs = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
        pip = [str(programs / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        kcnn = [str(programs / "python"), "-m", "keras_cnn_course"]
        run = str(place / "run")
        steps = [
            *([*pip, *arguments] for arguments in pip_arguments(edge, wheel)),
            [*kcnn, "doctor"],
            [*kcnn, "train", "--recipe", "softmax", "--epochs", "2", "--quiet", "--out", run],
            [*kcnn, "plot", run],
            [*kcnn, "export", run],
            [*kcnn, "export", run, "--format", "keras"],
        ]
        for step in steps:
            if subprocess.run(step, cwd=place).returncode != 0:
                return f"FAILED: {' '.join(step[2:])}\n  {show_versions(programs)}"
        return f"ok\n  {show_versions(programs)}"


def show_versions(programs: Path) -> str:
    """Return the versions of Python and the dependencies in an environment."""
    names = [requirement.name for requirement in read_requirements()]
    code = (
        "import platform, sys; from importlib.metadata import distributions\n"
        "found = {one.name.lower().replace('_', '-'): one.version for one in distributions()}\n"
        "names = [name for name in sys.argv[1:] if name in found]\n"
        "print('python', platform.python_version(), *(f'{name} {found[name]}' for name in names))"
    )
    command = [str(programs / "python"), "-c", code, "tensorflow-cpu", *names]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Build the wheel, try the edges that were asked for, and print the table; return 1 if one failed."""
    described = "\n".join(f"{edge}: {what}" for edge, what in EDGES.items())
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=described, formatter_class=plain)
    parser.add_argument("edges", nargs="*", default=["lowest", "newest"], help="lowest and newest, unless given")
    parser.add_argument("--python", default=sys.executable, help="the Python of the fresh environments")
    arguments = parser.parse_args()
    if unknown := set(arguments.edges) - set(EDGES):
        parser.error(f"no edge named {', '.join(sorted(unknown))}; there are {', '.join(EDGES)}")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, stdout=subprocess.DEVNULL)
        wheel = next(Path(folder).glob("*.whl"))
        outcomes = {edge: try_edge(edge, wheel, arguments.python) for edge in arguments.edges}
    for edge, outcome in outcomes.items():
        sys.stdout.write(f"{edge}: {outcome}\n")
    return int(any(outcome.startswith("FAILED") for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
