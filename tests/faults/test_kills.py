"""kill -9 at random moments: whatever it hits, the folder can be read and the run ends as if nothing had happened.

`make faults` kills at least fifty times; the ordinary tests kill a few times, always at the same moments.
"""

import os
import random
import shutil

import pytest

KILLS = int(os.environ.get("KCNN_KILLS", "6"))
SEED = int(os.environ.get("KCNN_FAULT_SEED", "0"))
PHASES = ("start", "epoch", "checkpoint", "end", "export", "plot")
MOMENTS = [(PHASES[number % len(PHASES)], SEED * 1000 + number) for number in range(KILLS)]


def kill_at_start(commands, path, chance, _):
    """Kill while the data is loaded, the model built, the folder made."""
    return commands.run(commands.train(path), folder=path, kill_after=chance.uniform(0.0, 1.5))


def kill_in_an_epoch(commands, path, chance, _):
    """Kill some time after the first checkpoint has appeared."""
    process, _ = commands.start(commands.train(path), folder=path)
    while process.is_alive() and not list(path.glob("checkpoint/step-*")):
        process.join(0.002)
    process.join(chance.uniform(0.0, 0.5))
    process.kill()
    process.join()
    return process


def kill_in_a_checkpoint(commands, path, chance, reference):
    """Kill before a random change of the folder, nearly all of which belong to checkpoints; then once more."""
    commands.run(commands.train(path), folder=path, kill_at=chance.randint(1, reference.changes))
    if (path / "run.json").exists():
        commands.run(commands.resume(path), folder=path, kill_at=chance.randint(1, reference.changes // 2))


def kill_at_the_end(commands, path, chance, reference):
    """Kill before one of the last changes: the models and the results."""
    ended = commands.run(commands.train(path), folder=path, kill_at=reference.changes - chance.randint(0, 14))
    assert ended.code == -9


def kill_another_command(commands, path, chance, reference, arguments):
    """Kill a command that writes into a finished run before a random change, and let it do its work after that."""
    shutil.copytree(reference.path, path)
    whole = commands.run(arguments, folder=path)
    assert whole.code == 0, whole.output
    shutil.rmtree(path)
    shutil.copytree(reference.path, path)
    ended = commands.run(arguments, folder=path, kill_at=chance.randint(1, whole.changes))
    assert ended.code == -9, ended.output
    again = commands.run(arguments, folder=path)
    # An export that was complete when the kill came is there, and is not overwritten.
    assert again.code == 0 or "is never overwritten" in again.output, again.output


def kill_an_export(commands, path, chance, reference):
    form = chance.choice(["keras", "savedmodel"])
    kill_another_command(commands, path, chance, reference, ["export", str(path), "--format", form])


def kill_a_plot(commands, path, chance, reference):
    kill_another_command(commands, path, chance, reference, ["plot", str(path)])


KILLERS = dict(
    zip(
        PHASES,
        (kill_at_start, kill_in_an_epoch, kill_in_a_checkpoint, kill_at_the_end, kill_an_export, kill_a_plot),
        strict=True,
    )
)


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "seed"), MOMENTS)
def test_a_killed_run_is_readable_and_ends_as_if_nothing_had_happened(
    commands, reference, check_survived, tmp_path, phase, seed
):
    path = tmp_path / "run"
    KILLERS[phase](commands, path, random.Random(seed), reference)
    check_survived(path)
