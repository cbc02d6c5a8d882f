"""The page's preparation of a drawing against `prepare_digit`, which prepares image files, and against MNIST itself."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from keras_cnn_course.datasets.preparation import prepare_digit

COUNT = 20


@pytest.fixture(scope="module")
def drawings(node, page_modules, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawings")
    files = [folder / "papers.bin", folder / "prepared.bin"]
    script = Path(__file__).with_name("draw_papers.mjs")
    environment = {**os.environ, **page_modules}
    subprocess.run([node, str(script), str(COUNT), *map(str, files)], check=True, env=environment)
    papers, prepared = (np.fromfile(file, np.uint8) for file in files)
    return papers.reshape(COUNT, 280, 280), prepared.reshape(COUNT, 28, 28)


@pytest.mark.slow
def test_a_drawing_is_prepared_as_a_picture_file_is(drawings):
    moved = 0
    for paper, prepared in zip(*drawings, strict=True):
        expected = prepare_digit(paper).astype(float)
        shifts = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
        differences = [np.abs(prepared - np.roll(expected, shift, (0, 1))).mean() for shift in shifts]
        # Another filter shrinks the picture there: edges differ by a shade, where a moved digit differs by 15.
        assert min(differences) < 1.5
        moved += differences[0] >= 1.5
    # A center of mass halfway between two pixels can be rounded either way.
    assert moved <= COUNT // 10


def test_drawings_look_like_mnist(drawings, mnist):
    _, prepared = drawings
    ink, real = prepared.reshape(COUNT, -1).sum(axis=1) / 255, mnist.x_test.reshape(10_000, -1).sum(axis=1) / 255
    # As much ink as real digits have: between the thinnest and the thickest hundredth of them.
    assert np.percentile(real, 1) < np.median(ink) < np.percentile(real, 99)
    assert ((ink > real.min()) & (ink < real.max())).all()
