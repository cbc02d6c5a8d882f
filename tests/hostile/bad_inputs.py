"""Bad inputs with the command that meets each: the list in docs/errors.md, checked by test_bad_inputs.py.

Every case is made in an empty folder and needs nothing else. What would run code leaves a file named EXECUTED there.
"""

import gzip
import io
import json
import os
import pickle
import shlex
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from keras_cnn_course.cli import kcnn

EXECUTED = "EXECUTED"

RECORD = {
    **{"recipe": "cnn", "recipe_sha256": "", "hyperparameters": {"epochs": 1}, "dataset": "digits"},
    **{"dataset_sha256": "", "input_shape": [28, 28, 1], "class_names": [str(digit) for digit in range(10)]},
    **{"train_examples": 1295, "val_examples": 142, "seed": 0, "command": "kcnn train", "device": "cpu", "threads": 1},
    **{"precision": "float32", "engine": "", "cycles": [1], "versions": {}, "started": "", "seconds": 1.0},
    **{"status": "finished", "strategy": "none", "replicas": 1, "resumed": []},
}
METRICS = {
    **{"test_loss": 0.1, "test_accuracy": 0.9, "test_examples": 360, "parameters": 10, "images_per_second": 9.0},
    **{"fit_seconds": 1.0, "epochs": 1, "best_epoch": 1, "val_accuracy": 0.9},
}
HISTORY = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds\n1,0.5,0.9,0.5,0.9,0.001,1.5\n"


@dataclass(frozen=True)
class Case:
    """A bad input: what it is, what makes it in the current folder, the command that meets it, and how that ends."""

    what: str
    command: str
    exit_code: int
    fragment: str
    make: Callable[[], object] = lambda: None


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path(EXECUTED),)


def write_idx(change: Callable[[bytes], bytes], *, suffix: str = "") -> None:
    """Write the four IDX files of six images, the training images changed."""
    images, labels = np.zeros((6, 4, 4), np.uint8), np.arange(6, dtype=np.uint8) % 2
    Path("data").mkdir()
    for stem, array in (("train-images-idx3", images), ("train-labels-idx1", labels)):
        content = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
        for name in (stem, stem.replace("train", "t10k")):
            Path("data", f"{name}-ubyte").write_bytes(content)
    file = Path("data", "train-images-idx3-ubyte")
    content = change(file.read_bytes())
    file.unlink()
    file.with_name(file.name + suffix).write_bytes(gzip.compress(content) if suffix else content)


def write_npz(**changes: object) -> None:
    """Write data.npz with eight images of two classes, and these arrays changed."""
    images, labels = np.arange(0, 256, 2, dtype=np.uint8).reshape(8, 4, 4), np.arange(8) % 2
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels, **changes}
    np.savez("data.npz", allow_pickle=True, **{name: array for name, array in arrays.items() if array is not None})


def write_npz_bomb() -> None:
    """Add an array whose header declares 1 TiB."""
    write_npz(x_train=None)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (1024, 1024, 1048576), }"
    with zipfile.ZipFile("data.npz", "a") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


def write_images(change: Callable[[Path], object]) -> None:
    """Write a folder of two classes of three pictures each, one of them changed."""
    for name in ("cat", "dog"):
        Path("pets", name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(np.full((6, 5), 40 * number, np.uint8)).save(Path("pets", name, f"{number}.png"))
    change(Path("pets", "cat", "1.png"))


def write_homework(change: Callable[[Path], object]) -> None:
    """Write a homework folder with nothing begun, and change something in it."""
    Path("hw").mkdir()
    Path("hw", "homework.toml").write_text('student = "ada"\n')
    change(Path("hw"))


def write_notes(path: Path) -> None:
    """Write notes of another form."""
    path.parent.mkdir()
    path.write_text('{"passed": ["relu"]}')


def write_png_bomb(path: Path) -> None:
    """Write a PNG that declares 60,000 x 60,000 pixels."""
    content = b"\x89PNG\r\n\x1a\n"
    for kind, body in (
        (b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
    ):
        content += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(content)


def write_run(**changes: object) -> Path:
    """Write a run folder that looks finished, with a changed run.json, and a picture beside it."""
    run = Path("run")
    run.mkdir()
    (run / "run.json").write_text(json.dumps({**RECORD, **changes}))
    (run / "metrics.json").write_text(json.dumps(METRICS))
    (run / "history.csv").write_text(HISTORY)
    (run / "recipe.py").write_text("")
    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 28:33] = 0
    Image.fromarray(pixels).save("one.png")
    return run


def write_text(name: str, text: str) -> None:
    """Replace a file of a run."""
    (write_run() / name).write_text(text)


def write_link(name: str) -> None:
    """Make a file of a run a link to another place."""
    run = write_run()
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to("/etc/hostname")


def write_pipe(name: str) -> None:
    """Make a file of a run a pipe into which nobody writes."""
    run = write_run()
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)


def write_huge(name: str) -> None:
    """Make a file of a run eight gigabytes long, with holes."""
    with (write_run() / name).open("wb") as stream:
        stream.truncate(8 * 2**30)


def stock(class_name: str, module: str = "keras.layers", **config: object) -> dict[str, object]:
    """Return how Keras describes an object."""
    return {"class_name": class_name, "module": module, "registered_name": None, "config": config}


def sequential(*layers: object) -> dict[str, object]:
    """Return how Keras describes a Sequential model of 28x28 images."""
    image = stock("InputLayer", batch_shape=[None, 28, 28, 1], dtype="float32", name="image")
    return stock("Sequential", "keras", name="model", layers=[image, *layers])


def small_weights(file: h5py.File) -> None:
    """Store a few numbers."""
    file["layers/dense/vars/0"] = np.ones(4, np.float32)


def write_model(
    config: object,
    *,
    weights: Callable[[h5py.File], object] = small_weights,
    compression: int = zipfile.ZIP_STORED,
    more: str = "",
) -> None:
    """Write a run with a best.keras of this configuration."""
    run = write_run()
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        weights(file)
    members = {"metadata.json": "{}", "config.json": json.dumps(config), "model.weights.h5": buffer.getvalue()}
    with zipfile.ZipFile(run / "best.keras", "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        if more:
            archive.writestr(more, b"")


def write_lambda() -> None:
    """Write a model with a Lambda layer whose code leaves a trace."""
    code = pickle.dumps(Bomb()).hex()
    write_model(sequential(stock("Lambda", name="harmless", function={"class_name": "__lambda__", "config": code})))


CASES = (
    Case("a misspelled command", "kcnn trian", 2, "Did you mean 'train'?"),
    Case("a recipe that does not exist", "kcnn train --recipe cmm", 2, "No recipe named 'cmm'"),
    Case(
        "a word for a number", "kcnn train --epochs ten", 2, "epochs must be a whole number from 1 to 100000; got 'ten'"
    ),
    Case("a number out of range", "kcnn train --filters 0", 2, "from 1 to 4096; got 0"),
    Case("an unknown hyperparameter", "kcnn train --set filtres=8", 2, "Did you mean 'filters'?"),
    Case("a grid without values", "kcnn sweep --grid filters", 2, "--grid must look like KEY=VALUE,VALUE"),
    Case("a word among the numbers of a grid", "kcnn sweep --grid filters=8,many", 2, "got 'many'"),
    Case("half a size", "kcnn train --image-size 28x", 2, "must look like 32x32"),
    Case("a data set that does not exist", "kcnn train --dataset minst", 2, "Did you mean 'mnist'?"),
    Case(
        "a recipe that is not Python",
        "kcnn train --recipe mine.py",
        1,
        "line 1: not valid Python",
        lambda: Path("mine.py").write_text("def build_model(:\n"),
    ),
    Case(
        "an IDX file that begins differently",
        "kcnn train --dataset data",
        1,
        "is not an IDX file",
        lambda: write_idx(lambda content: b"\x89PNG" + content[4:]),
    ),
    Case(
        "an IDX file that claims 8,000 TiB",
        "kcnn train --dataset data",
        1,
        "at most 4 GiB are allowed",
        lambda: write_idx(lambda content: struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**11, 2**11)),
    ),
    Case(
        "an IDX file cut off",
        "kcnn train --dataset data",
        1,
        "it has only 87. Was it cut off?",
        lambda: write_idx(lambda content: content[:-9]),
    ),
    Case(
        "a gzip bomb: an IDX file that continues",
        "kcnn train --dataset data",
        1,
        "it has more.",
        lambda: write_idx(lambda content: content + bytes(50_000_000), suffix=".gz"),
    ),
    Case(
        "pickled objects in an .npz",
        "kcnn train --dataset data.npz",
        1,
        "plain numbers",
        lambda: write_npz(x_train=np.array([Bomb(), Bomb()], dtype=object)),
    ),
    Case(
        "an .npz that claims 1 TiB", "kcnn train --dataset data.npz", 1, "x_train.npy claims 1024.0 GiB", write_npz_bomb
    ),
    Case(
        "an .npz without labels",
        "kcnn train --dataset data.npz",
        1,
        "it lacks y_train; found x_train",
        lambda: write_npz(y_train=None),
    ),
    Case(
        "a pipe named .npz",
        "kcnn train --dataset data.npz",
        1,
        "a pipe or a device",
        lambda: os.mkfifo("data.npz"),
    ),
    Case(
        "a test label out of range",
        "kcnn train --dataset data.npz",
        1,
        "0 to 1; got 7",
        lambda: write_npz(y_test=np.array([0, 1, 0, 1, 0, 1, 0, 7])),
    ),
    Case(
        "a negative label",
        "kcnn train --dataset data.npz",
        1,
        "they go from -1 to 1",
        lambda: write_npz(y_train=np.array([0, 1, 0, 1, 0, 1, 0, -1])),
    ),
    Case(
        "an empty class",
        "kcnn train --dataset data.npz",
        1,
        "without gaps",
        lambda: write_npz(y_train=np.array([0, 2, 0, 2, 0, 2, 0, 2])),
    ),
    Case(
        "one class only",
        "kcnn train --dataset data.npz",
        1,
        "at least two classes",
        lambda: write_npz(y_train=np.zeros(8, int), y_test=np.zeros(8, int)),
    ),
    Case(
        "one-hot labels",
        "kcnn train --dataset data.npz",
        1,
        "argmax",
        lambda: write_npz(y_train=np.eye(2, dtype=int)[np.arange(8) % 2]),
    ),
    Case(
        "one image",
        "kcnn train --dataset data.npz",
        1,
        "at least two classes",
        lambda: write_npz(x_train=np.zeros((1, 4, 4), np.uint8), y_train=np.zeros(1, int)),
    ),
    Case(
        "no images",
        "kcnn train --dataset data.npz",
        1,
        "got (0, 4, 4, 1)",
        lambda: write_npz(x_train=np.zeros((0, 4, 4), np.uint8), y_train=np.zeros(0, int)),
    ),
    Case(
        "more images than labels",
        "kcnn train --dataset data.npz",
        1,
        "8 images and 5 labels",
        lambda: write_npz(y_train=np.arange(5) % 2),
    ),
    Case(
        "a pixel that is NaN",
        "kcnn train --dataset data.npz",
        1,
        "128 of them are NaN or infinite",
        lambda: write_npz(x_train=np.full((8, 4, 4), np.nan), x_test=np.zeros((8, 4, 4))),
    ),
    Case(
        "pixels from -1 to 1",
        "kcnn train --dataset data.npz",
        1,
        "for example with --pixel-range -1:1.",
        lambda: write_npz(x_train=np.linspace(-1, 1, 128).reshape(8, 4, 4), x_test=np.zeros((8, 4, 4))),
    ),
    Case(
        "a class of text files",
        "kcnn train --dataset pets",
        1,
        "no training image of cat",
        lambda: write_images(lambda path: [file.rename(file.with_suffix(".txt")) for file in path.parent.iterdir()]),
    ),
    Case(
        "a picture cut off",
        "kcnn train --dataset pets",
        1,
        "Is the file damaged?",
        lambda: write_images(lambda path: path.write_bytes(path.read_bytes()[:45])),
    ),
    Case(
        "pictures of different sizes",
        "kcnn train --dataset pets",
        1,
        "--image-size HEIGHTxWIDTH",
        lambda: write_images(lambda path: Image.new("L", (9, 9)).save(path)),
    ),
    Case(
        "a picture of 3,600 million pixels",
        "kcnn train --dataset pets",
        1,
        "unpacks to more than 64 million pixels",
        lambda: write_images(write_png_bomb),
    ),
    Case("a picture that does not exist", "kcnn predict run seven.png", 1, "does not exist", write_run),
    Case(
        "a PPM named .png",
        "kcnn predict run one.png",
        1,
        "is not a PNG, JPEG, GIF, WebP, TIFF or BMP image",
        lambda: (write_run(), Image.new("L", (9, 9)).save("one.png", format="PPM")),
    ),
    Case(
        "an empty sheet of paper",
        "kcnn predict run one.png",
        1,
        "no ink",
        lambda: (write_run(), Image.new("L", (60, 60), 250).save("one.png")),
    ),
    Case("a page that is not an HTML file", "kcnn page run --out page.png", 2, "must name an .html file", write_run),
    Case("a run without a page", "kcnn open run", 1, "Write it with: kcnn page run", write_run),
    Case(
        "a folder that is not a run",
        "kcnn plot run",
        1,
        "is not a run folder: it has no run.json",
        lambda: Path("run").mkdir(),
    ),
    Case(
        "half a run.json",
        "kcnn compare run",
        1,
        "is not valid JSON",
        lambda: write_text("run.json", '{"recipe": "cnn"'),
    ),
    Case(
        "run.json: nested 100,000 deep",
        "kcnn compare run",
        1,
        "nested too deeply",
        lambda: write_text("run.json", "[" * 100_000),
    ),
    Case(
        "run.json: a key removed",
        "kcnn compare run",
        1,
        "has no 'recipe', 'hyperparameters', 'dataset' and",
        lambda: write_text("run.json", '{"seed": 0}'),
    ),
    Case(
        "run.json: hyperparameters as a list",
        "kcnn compare run",
        1,
        "hyperparameters in run/run.json must be a table",
        lambda: write_run(hyperparameters=[1, 2]),
    ),
    Case(
        "run.json: class names that are numbers",
        "kcnn predict run one.png",
        1,
        "class_names in run/run.json must be a list of at least two names",
        lambda: write_run(class_names=[1, 2]),
    ),
    Case(
        "run.json: class names that command a terminal",
        "kcnn predict run one.png",
        1,
        "without control characters",
        lambda: write_run(class_names=["\x1b[2J", "1"]),
    ),
    Case(
        "run.json: a shape of two numbers",
        "kcnn evaluate run",
        1,
        "[height, width, channels]",
        lambda: write_run(input_shape=[28, 28]),
    ),
    Case(
        "run.json: images of 10^9 x 10^9 pixels",
        "kcnn evaluate run",
        1,
        "from 1 to 4096",
        lambda: write_run(input_shape=[10**9, 10**9, 1]),
    ),
    Case(
        "run.json: images that would fill the memory",
        "kcnn evaluate run",
        1,
        "do not fit into 4 GiB",
        lambda: write_run(input_shape=[4096, 4096, 1]),
    ),
    Case(
        "run.json: a recipe in another folder",
        "kcnn verify run",
        1,
        "without a folder",
        lambda: write_run(recipe="../../x"),
    ),
    Case(
        "metrics.json: NaN",
        "kcnn compare run",
        1,
        "test_accuracy in run/metrics.json must be a number from 0 to 1; got nan",
        lambda: write_text("metrics.json", json.dumps({**METRICS, "test_accuracy": float("nan")})),
    ),
    Case(
        "history.csv: a word",
        "kcnn plot run",
        1,
        "Cannot read run/history.csv: 'half' is not a number",
        lambda: write_text("history.csv", HISTORY.replace("0.5", "half")),
    ),
    Case(
        "history.csv: infinity",
        "kcnn plot run",
        1,
        "not finite",
        lambda: write_text("history.csv", HISTORY.replace("0.5", "inf")),
    ),
    Case("run.json as a link to another place", "kcnn compare run", 1, "a link", lambda: write_link("run.json")),
    Case("plots/ as a link to another place", "kcnn plot run", 1, "a link", lambda: write_link("plots")),
    Case("a pipe in place of history.csv", "kcnn plot run", 1, "a pipe or a device", lambda: write_pipe("history.csv")),
    Case(
        "8 GiB of metrics", "kcnn compare run", 1, "at most 1,048,576 are allowed", lambda: write_huge("metrics.json")
    ),
    Case("a run without a model", "kcnn predict run one.png", 1, "Did the run finish an epoch?", write_run),
    Case(
        "text named best.keras",
        "kcnn predict run one.png",
        1,
        "not a zip file",
        lambda: write_text("best.keras", "hello"),
    ),
    Case(
        "a model with a Lambda layer",
        "kcnn predict run one.png",
        1,
        "contains 'Lambda' (named 'harmless')",
        write_lambda,
    ),
    Case(
        "a model with a custom class",
        "kcnn predict run one.png",
        1,
        "'MyLayer'",
        lambda: write_model(sequential({**stock("MyLayer", "mine"), "registered_name": "mine>MyLayer"})),
    ),
    Case(
        "a model that names a program",
        "kcnn predict run one.png",
        1,
        "'system'",
        lambda: write_model(sequential(stock("Dense", activation=stock("system", "os")))),
    ),
    Case(
        "a model that loads another from a path",
        "kcnn predict run one.png",
        1,
        "'TFSMLayer'",
        lambda: write_model(sequential(stock("TFSMLayer", filepath="/tmp/other"))),
    ),
    Case(
        "a model with a file for another folder",
        "kcnn predict run one.png",
        1,
        "'../x.py'",
        lambda: write_model(sequential(), more="../x.py"),
    ),
    Case(
        "a model packed 1000 to 1",
        "kcnn predict run one.png",
        1,
        "is compressed or encrypted",
        lambda: write_model(sequential(), compression=zipfile.ZIP_DEFLATED),
    ),
    Case(
        "weights in another file",
        "kcnn predict run one.png",
        1,
        "'layers' is a link to another place",
        lambda: write_model(
            sequential(), weights=lambda file: file.__setitem__("layers", h5py.ExternalLink("other.h5", "/"))
        ),
    ),
    Case(
        "weights read from the system's files",
        "kcnn predict run one.png",
        1,
        "kept in another file",
        lambda: write_model(
            sequential(),
            weights=lambda file: file.create_dataset("vars", (4,), "u1", external=[("/etc/hostname", 0, 4)]),
        ),
    ),
    Case(
        "weights that claim 4 TiB",
        "kcnn predict run one.png",
        1,
        "compressed or incomplete",
        lambda: write_model(
            sequential(), weights=lambda file: file.create_dataset("vars", (2**40,), "f4", chunks=(2**20,))
        ),
    ),
    Case(
        "a layer of 10^9 units and no weights for it",
        "kcnn predict run one.png",
        1,
        "its model has 785,000,000,000 weights",
        lambda: write_model(sequential(stock("Flatten", name="flatten"), stock("Dense", units=10**9, name="dense"))),
    ),
    Case(
        "a filter without rows",
        "kcnn lecture convolution --filter '1 2 1 2 4 2 1 2 1'",
        2,
        "can be one row or 3x3",
    ),
    Case(
        "a filter with decimal commas",
        "kcnn lecture convolution --filter '0,5 0,5; 0,5 0,5'",
        2,
        "mixes spaces and commas",
    ),
    Case("an exercise that does not exist", "kcnn homework check convolutoin", 2, "Did you mean 'convolution'"),
    Case("a folder that is not homework", "kcnn homework check --folder hw", 1, "kcnn homework start"),
    Case("a student's id that is a path", "kcnn homework start --student ../root", 1, "got '../root'"),
    Case(
        "homework without a student",
        "kcnn homework check --folder hw",
        1,
        'It needs a line such as: student = "ada.lovelace"',
        lambda: write_homework(lambda folder: (folder / "homework.toml").write_text("student = ")),
    ),
    Case(
        "an exercise that is a link to another file",
        "kcnn homework check --folder hw",
        1,
        "is a link, not a plain file",
        lambda: write_homework(lambda folder: (folder / "ex05_relu.py").symlink_to("/etc/hostname")),
    ),
    Case(
        "a changed state.json of a homework",
        "kcnn homework list --folder hw",
        1,
        "state.json has no 'given', 'hints'",
        lambda: write_homework(lambda folder: write_notes(folder / ".kcnn" / "state.json")),
    ),
    Case(
        "a secret that can be guessed",
        "kcnn homework grade hw --secret secret.txt",
        2,
        "must have 16 to 4096 bytes; it has 4",
        lambda: Path("secret.txt").write_text("1234\n"),
    ),
    Case(
        "marks that are not marks",
        "kcnn homework stats results.json",
        1,
        "was not written by `kcnn homework grade --format json`",
        lambda: Path("results.json").write_text("[" * 100_000),
    ),
)


def run(case: Case) -> Result:
    """Make the case's input in the current folder, which must be empty, and run its command."""
    case.make()
    return CliRunner().invoke(kcnn, shlex.split(case.command)[1:], prog_name="kcnn")


def message_of(result: Result) -> str:
    """Return what a command that failed printed, without `Error:` and the usage before it."""
    return result.stderr.partition("Error: ")[2].strip()


def make_table() -> str:
    """Return a Markdown table of what every case's command says, by running it."""
    rows = ["| bad input | met by | says | exit code |", "|---|---|---|---|"]
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            result = run(case)
        message = message_of(result).replace("|", "\\|").replace("\n", " ")
        rows.append(f"| {case.what} | `{case.command}` | `` {message} `` | {result.exit_code} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(make_table())  # noqa: T201
