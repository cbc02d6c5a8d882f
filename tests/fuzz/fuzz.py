"""Change small valid files at random and let the program's readers read them: `make fuzz`.

A reader may return, or raise the one error that it promises. Anything else is a finding: another exception, a warning,
more than a second, more memory than a limit allows. A finding is printed and, with --keep, kept as a file; it then
belongs into tests/fuzz/regressions/<target>/, once it is mended.

    python tests/fuzz/fuzz.py --seconds 600 --seed 1
    python tests/fuzz/fuzz.py --executions 2000 --target npz
"""

import argparse
import hashlib
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mutation import mutate
from targets import TARGETS, Target

_SECONDS_AN_INPUT = 2.0
# Address space beyond what the process has when it begins; the readers' own limit of 4 GiB is never reached by a seed.
_MEMORY = 1 * 2**30
_KEPT_INPUTS = 200


class TooSlowError(BaseException):
    """A reader took too long. No reader can catch it by accident."""


@dataclass
class Report:
    """What one target's fuzzing brought.

    Args:
        executions: inputs that were read.
        accepted: how many of them were read without an error: those changed where it does not matter.
        findings: inputs that a reader did not survive, with what it raised; one of each kind.
    """

    executions: int = 0
    accepted: int = 0
    findings: dict[str, bytes] = field(default_factory=dict)


def fuzz(target: Target, *, seed: int, goes_on: Callable[[int], bool]) -> Report:
    """Read changed files for as long as `goes_on` says, given the number of executions so far."""
    generator, report = random.Random(seed), Report()
    pool = list(target.seeds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / target.file_name
        while goes_on(report.executions):
            content = mutate(generator, generator.choice(pool), target.seeds)
            path.write_bytes(content)
            report.executions += 1
            outcome = try_to_read(target, path)
            if outcome is None:
                report.accepted += 1
                # What is still valid although it was changed leads to other places.
                if len(pool) < _KEPT_INPUTS and len(content) < 20_000:
                    pool.append(content)
            elif outcome:
                report.findings.setdefault(outcome, content)
    return report


def try_to_read(target: Target, path: Path) -> str | None:
    """Read a file; return None where that went well, an empty text for a promised error, and else what was raised."""
    signal.setitimer(signal.ITIMER_REAL, _SECONDS_AN_INPUT)
    try:
        target.read(path)
    except target.errors as error:
        return "" if _is_printable(str(error)) else f"message that is no text: {str(error)[:80]!r}"
    except (Exception, TooSlowError) as error:  # noqa: BLE001  # any at all is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:120]!r} at {Path(place.filename).name}:{place.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def _is_printable(message: str) -> bool:
    return message.replace("\n", "").isprintable()


def limit_memory(size: int) -> None:
    """Let this process take no more than `size` bytes of address space beyond what it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + size,) * 2)


def _stop_reading(number: int, frame: object) -> None:
    raise TooSlowError


def main() -> int:
    """Fuzz the targets asked for; return 1 where something was found."""
    parser = argparse.ArgumentParser(description="Fuzz the readers of strangers' files.")
    parser.add_argument("--target", choices=TARGETS, action="append", help="which reader; all when not given")
    parser.add_argument("--seconds", type=float, help="in all, shared by the targets")
    parser.add_argument("--executions", type=int, default=2000, help="a target, where --seconds is not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that were found")
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    signal.signal(signal.SIGALRM, _stop_reading)
    limit_memory(_MEMORY)
    names = arguments.target or list(TARGETS)
    found = 0
    for name in names:
        began = time.monotonic()
        share = None if arguments.seconds is None else began + arguments.seconds / len(names)
        report = fuzz(
            TARGETS[name],
            seed=arguments.seed,
            goes_on=lambda done, end=share: done < arguments.executions if end is None else time.monotonic() < end,
        )
        seconds = time.monotonic() - began
        print(  # noqa: T201
            f"{name:8} {report.executions:9,} executions in {seconds:.1f} s, {report.accepted:,} still valid, "
            f"{len(report.findings)} findings",
            flush=True,
        )
        for what, content in report.findings.items():
            found += 1
            print(f"  {what}  ({len(content)} bytes)")  # noqa: T201
            if arguments.keep:
                folder = arguments.keep / name
                folder.mkdir(parents=True, exist_ok=True)
                (folder / hashlib.sha256(content).hexdigest()[:12]).write_bytes(content)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
