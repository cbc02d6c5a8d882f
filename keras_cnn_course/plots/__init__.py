"""Arrays -> matplotlib figures. Never pyplot state, never Keras.

Figures need no backend, but matplotlib refuses to load where MPLBACKEND names one that is not installed, as a notebook
sets it for the programs that it starts. So matplotlib is loaded here without it, and gets it back where it exists.
"""

import os
import sys
from contextlib import suppress


def _load_matplotlib() -> None:
    """Load matplotlib, whatever backend the environment asks for."""
    backend = os.environ.pop("MPLBACKEND", None)
    import matplotlib

    if backend is not None:
        os.environ["MPLBACKEND"] = backend
        with suppress(ValueError):  # such as the backend of a notebook that runs in another environment
            matplotlib.rcParams["backend"] = backend


if "matplotlib" not in sys.modules:
    _load_matplotlib()
