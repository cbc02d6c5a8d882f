"""The page's JavaScript, tested by Node's own test runner."""

import os
import subprocess
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_javascript(path, node, page_modules):
    done = subprocess.run(
        [node, "--test", str(path)], env={**os.environ, **page_modules}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
