"""`Run`: a run folder, opened. Its methods are what the commands about one run call."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_cnn_course.inspection.opened_run import OpenedRun

if TYPE_CHECKING:
    import numpy as np

    from keras_cnn_course.datasets.dataset import Dataset
    from keras_cnn_course.export.verified import Export
    from keras_cnn_course.inspection.answers import FoundImage, Predictions, RunEvaluation
    from keras_cnn_course.inspection.comparing import ShiftTests
    from keras_cnn_course.inspection.opened_run import Data
    from keras_cnn_course.plots.saving import Picture, Pictures
    from keras_cnn_course.training.verify import Verification

    Image = int | str | PathLike[str] | np.ndarray

__all__ = ["Run"]


class Run(OpenedRun):
    """A run folder, opened. A notebook shows its results and its curves.

    `record`, `history` and `metrics` are read whenever they are asked for, `dataset` and `model` once. `which` names a
    saved model: `best` is the one that the run keeps (hyperparameter `keep`), `final` that of the last epoch.

    Args:
        directory: the run folder.
        trust_recipe: build the model by running the run's recipe.py, for layers that are not Keras's own.
        dataset: what it was trained on, where that is at hand; otherwise it is loaded when it is needed.

    >>> run = train("softmax", "digits", epochs=1, out=tmp / "inspected", quiet=True)
    >>> run.name, run.metrics["parameters"], list(run.plot_filters())
    ('inspected', 7850, ['classifier'])
    """

    def __str__(self) -> str:
        from keras_cnn_course.inspection.showing import describe_results

        record = self.record
        if record.status == "running":
            return f"This run is still training, or its process was killed.\n{self.path}"
        if record.status != "finished":
            how = f"kcnn.resume({str(self.path)!r})"
            return f"This run has not finished ({record.status}). Continue it: {how}\n{self.path}"
        return f"{describe_results(self.metrics)}\non {record.machine}\n{self.path}"

    def _repr_html_(self) -> str:
        from keras_cnn_course.inspection.showing import show_run

        return show_run(self.directory)

    @property
    def findings(self) -> list[str]:
        """What is wrong with the training, in sentences; empty if nothing seems to be."""
        from keras_cnn_course.training.diagnosis import diagnose_run

        return diagnose_run(self.directory)

    def plot_curves(self) -> "Picture":
        """Draw the loss and the accuracy over the epochs; of a run that is still training, of the epochs so far.

        Raises:
            RunError: no epoch is finished yet.
        """
        from keras_cnn_course.inspection.comparing import plot_curves

        return plot_curves([self.path])

    def plot_filters(self, *, which: str = "best") -> "Pictures":
        """Draw the learned kernels of each convolution next to the initial ones.

        Of a model without a convolution, the weights of the first dense layer are drawn as images. The result has one
        picture per layer, by the layer's name; `arrays` has the kernels, `(rows, columns, channels, filters)` each.

        Raises:
            RunError: the model has neither.
        """
        with self.open_model(which, device="cpu") as model:
            from keras_cnn_course.inspection.drawing import draw_filters

            return draw_filters(self.directory, model)

    def plot_patches(self, data: "Data | None" = None, *, which: str = "best") -> "Pictures":
        """Draw, for each filter, the nine patches of the test images to which it responds most.

        Args:
            data: with the test images; the run's own when None.

        Raises:
            RunError: the model has no convolution.
        """
        images = self.load_dataset(data)
        with self.open_model(which, device="cpu") as model:
            from keras_cnn_course.inspection.drawing import draw_patches

            return draw_patches(self.directory, model, images)

    def features(
        self,
        image: "Image" = 0,
        *,
        data: "Data | None" = None,
        which: str = "best",
    ) -> "Pictures":
        """Draw the output of every layer for one image: the feature maps, what ReLU sets to 0, what pooling keeps.

        Args:
            image: the index of a test image, an image file of any size, or an array `(height, width)` or
                `(height, width, channels)`.
            data: with the test images; the run's own when None.

        Returns:
            Pictures: `layers` shows all layers, and each ReLU and each pooling has a picture by its name. `arrays` has
            the image and the output of each layer, `(height, width, channels)`.

        Raises:
            ImageError: the image cannot be read or has another size.
            UsageError: there is no test image of that index.
        """
        found = self._find_image(image, data)
        with self.open_model(which, device="cpu") as model:
            from keras_cnn_course.inspection.drawing import draw_features

            name = f"{self.name} on {found.name}"
            return draw_features(model, found.pixels, self.record.class_names, name=name, notes=found.notes)

    def explain(
        self,
        image: "Image" = 0,
        *,
        target: str | int | None = None,
        layer: str | None = None,
        seed: int = 0,
        shuffled_labels: bool = False,
        data: "Data | None" = None,
        which: str = "best",
    ) -> "Pictures":
        """Draw where in an image the evidence for a class is, by five methods, and the same for random weights.

        Args:
            image: the index of a test image, an image file of any size, or an array `(height, width)` or
                `(height, width, channels)`.
            target: the class, by name or label; the model's answer when None.
            layer: the convolution for Grad-CAM; the last one when None.
            seed: random seed for SmoothGrad's noise and for the order of the random weights and of shuffled labels.
            shuffled_labels: draw the same for a network that has learned shuffled labels by heart. It is trained the
                first time and kept in the run folder.
            data: with the test images; the run's own when None.

        Returns:
            Pictures: one, called `evidence`. `arrays` has the maps, `(height, width)` each, such as `gradient` and
            `random_gradient`; `notes` says how well the integrated gradients add up.

        Raises:
            DatasetError: the run's training images, which shuffled labels need, are missing.
            ImageError: the image cannot be read or has another size.
            UsageError: there is no such test image, class or convolution.
        """
        found = self._find_image(image, data)
        own = self._find_own_dataset(data) if shuffled_labels else None
        with self.open_model(which, device="cpu") as model:
            from keras_cnn_course.inspection.explaining import draw_explanation
            from keras_cnn_course.inspection.shuffled_labels import learn_shuffled_labels

            return draw_explanation(
                model,
                found.pixels,
                self.record.class_names,
                name=f"{self.name} on {found.name}",
                target=target,
                layer=layer,
                seed=seed,
                shuffled=None if own is None else learn_shuffled_labels(self.directory, model, own, seed=seed),
                notes=found.notes,
            )

    def dream(
        self,
        *,
        layer: str | None = None,
        filter: int | None = None,  # noqa: A002  the name of the option
        target: str | int | None = None,
        seed: int = 0,
        data: "Data | None" = None,
        which: str = "best",
    ) -> "Pictures":
        """Draw images that excite a filter or a class most, next to the strongest test images.

        Args:
            layer: a convolution; all of them, and the classes, when neither a layer nor a class is given.
            filter: one filter of the layer, from 0.
            target: a class, by name or label.
            seed: random seed for the initial noise, and for the small random shifts of the image at each step.
            data: with the test images; the run's own when None.

        Returns:
            Pictures: one per layer, by its name, and one called `classes`. `arrays` has the dreamed images, from 0 to
            255, the scores that they reach, and the largest of the test images.

        Raises:
            UsageError: there is no such layer, filter or class.
        """
        images = self.load_dataset(data)
        with self.open_model(which, device="cpu") as model:
            from keras_cnn_course.inspection.dreaming import draw_dreams

            return draw_dreams(
                model,
                images,
                self.record.class_names,
                name=self.name,
                layer=layer,
                filter_index=filter,
                target=target,
                seed=seed,
            )

    def evaluate(
        self,
        data: "Data | None" = None,
        *,
        classes: str | None = None,
        pixel_range: tuple[float, float] | None = None,
        shifts: int = 0,
        which: str = "best",
        device: str = "auto",
    ) -> "RunEvaluation":
        """Evaluate the model on test images: loss, accuracy with its 95% interval, confusion matrix, mistakes.

        Its `reliability` says how far the probabilities can be trusted, before and after temperature scaling.

        Args:
            data: with the test images; the run's own when None.
            classes: which of its classes is which of the model, such as `Katze=cat,Hund=dog`.
            pixel_range: the values of black and white in a file or in arrays; recognized when None.
            shifts: average the probabilities over all shifts of an image by up to this many pixels, at most 3; with 1
                there are 9. The loss is then the cross entropy of the mean probabilities.

        Raises:
            DatasetError: the data set is missing or does not fit.
            UsageError: `shifts` is too large, or the model's outputs are not probabilities.

        >>> result = train("softmax", "digits", epochs=1, out=tmp / "tested", quiet=True).evaluate()
        >>> result.examples, result.confusion.shape
        (360, (10, 10))
        """
        from keras_cnn_course.inspection.answers import check_shifts, evaluate_run

        check_shifts(shifts, self.record)
        images = self.load_dataset(data, classes=classes, pixel_range=pixel_range)
        name = f"{self.name}, final model" if which == "final" else self.name
        with self.open_model(which, device=device) as model:
            return evaluate_run(model, images, self.record, run_name=name, load_data=self.load_dataset, shifts=shifts)

    def predict(
        self,
        images: "np.ndarray | int | str | PathLike[str] | Sequence[Any]",
        *,
        which: str = "best",
        device: str = "auto",
    ) -> "Predictions":
        """Classify images.

        Args:
            images: an array `(n, height, width, channels)`, without the channels for gray images, or one image; on
                the scale of the training data, or from 0 to 255, or from 0 to 1 in floating point. Or an image file
                of any size, a folder of them, the index of a test image, or a list of these.

        Returns:
            Predictions: `labels` int64 `(n,)`, `probabilities` float32 `(n, classes)`, `classes` with the names.

        Raises:
            ImageError: an image cannot be read or has another size.
        """
        from keras_cnn_course.inspection.answers import prepare_images

        prepared = prepare_images(images, self.record, path=self.path, load_data=lambda: self.dataset)
        with self.open_model(which, device=device) as model:
            return prepared.classify(model, self.record)

    def shift(
        self,
        data: "Data | None" = None,
        *,
        radius: int = 4,
        which: str = "best",
        device: str = "auto",
    ) -> "ShiftTests":
        """Measure how accurate the model stays when all test images are moved; see `kcnn.shift` for several runs."""
        from keras_cnn_course.inspection.comparing import run_shift_tests

        return run_shift_tests([self], data, radius=radius, which=which, device=device)

    def export(
        self,
        format: str = "savedmodel",  # noqa: A002  the name of the option
        *,
        quantize: str | None = None,
        out: str | PathLike[str] | None = None,
        data: "Data | None" = None,
        which: str = "best",
        device: str = "auto",
    ) -> "Export":
        """Export the model, read the export back, and compare both on 100 test images, or in int8 on all of them.

        Its input is `image`, float32 from 0 to 1, `(batch, height, width, channels)`; its output is probabilities.
        LiteRT in int8 takes and returns int8, one image at a time.

        Args:
            format: `savedmodel`, `onnx`, `litert` or `keras`.
            quantize: `int8` for `litert` or `onnx`, calibrated on 256 training images; float32 when None.
            out: file or folder to write; in the run's `export` folder when None.
            data: with the training images for int8, and the test images; the run's own when None.

        Raises:
            ExportError: a package is missing, a probability differs by more than 0.0001, or the accuracy in int8 is
                lower by more than 5 percentage points and 2 images.
            DatasetError: the data set that int8 needs is missing.
        """
        from keras_cnn_course.inspection.writing import check_exportable, export_run

        check_exportable(self.directory, format, out=out, quantize=quantize)
        # Without int8 the export is verified on random images if the data set is missing.
        known = self.load_dataset(data) if quantize or data is not None else self.given
        with self.open_model(which, device=device) as model:
            return export_run(self.directory, model, format, out=out, quantize=quantize, data=known)

    def page(
        self,
        *,
        out: str | PathLike[str] | None = None,
        data: "Data | None" = None,
        which: str = "best",
        present: bool = False,
    ) -> Path:
        """Write the live page, on which you watch every layer as you draw or choose an image, and return its path.

        `kcnn.compare(...).page()` writes one page of several runs.

        Args:
            out: HTML file to write; page.html in the run folder when None.
            data: with the test images; the run's own when None.
            present: open the page in large type, one panel at a time, to present it to an audience.

        Raises:
            ExportError: the page cannot compute a layer of the model, or the images are neither gray nor in color.
        """
        from keras_cnn_course.inspection.writing import check_page_runs, write_page

        check_page_runs([self.directory])
        images = self.load_dataset(data)
        with self.open_model(which, device="cpu") as model:
            path, _ = write_page([self.directory], [model], images, out=out, present=present)
            return path

    def report(self, *, out: str | PathLike[str] | None = None, which: str = "best") -> Path:
        """Write the report with results, curves, filters and mistakes, and return its path.

        Args:
            out: HTML file to write; report.html in the run folder when None.
        """
        from keras_cnn_course.inspection.writing import write_report

        images = self.dataset
        with self.open_model(which, device="cpu") as model:
            return write_report(self.directory, model, images, out=out)

    def verify(self, data: "Data | None" = None, *, device: str = "auto", quiet: bool = False) -> "Verification":
        """Train the run again from its own folder, which stays as it is, and compare; see `kcnn verify`.

        Args:
            data: the run's data set: where it is now, or the arrays again; where it was when None.

        Raises:
            RunError: the run has not finished, or its recipe or images are not those that it was trained with.
        """
        from keras_cnn_course.inspection.writing import verify_run

        if data is None:
            data = self.given
        return verify_run(self.directory, data, device=device, quiet=quiet)

    def _find_own_dataset(self, data: "Data | None") -> "Dataset":
        """Return the data set that the run was trained on: `data` if that is it."""
        given = None if data is None else self.load_dataset(data)
        return given if given is not None and given.sha256 == self.record.dataset_sha256 else self.dataset

    def _find_image(self, image: "Image", data: "Data | None") -> "FoundImage":
        """Return one image as the model receives it.

        Args:
            image: the index of a test image, an image file, or an array.
            data: with the test images; the run's own when None.
        """
        from keras_cnn_course.inspection.answers import find_image

        return find_image(
            image, self.record, path=self.path, load_data=lambda: self.load_dataset(data), other_data=data is not None
        )
