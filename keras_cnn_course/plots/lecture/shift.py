"""Slide "CNN's": the change of each step's output in place when the object moves."""

from keras_cnn_course.lecture.material import Material
from keras_cnn_course.lecture.slides.shift import measure_steps
from keras_cnn_course.plots.saving import Picture
from keras_cnn_course.plots.style import MARKERS, OKABE_ITO, SMALL, TEXT, TITLE, new_figure

__all__ = ["plot_summary"]


def plot_summary(material: Material) -> Picture:
    """Draw one line per step of the network over the pixels that the object moves."""
    steps = measure_steps(material)
    figure = new_figure(7.0, 4.4)
    axes = figure.subplots()
    for number, step in enumerate(steps):
        axes.plot(
            range(len(step.changes)),
            [100 * change for change in step.changes],
            color=OKABE_ITO[number],
            marker=MARKERS[number],
            label=step.name,
        )
    axes.set_xticks(range(len(steps[0].changes)))
    axes.set_xlabel("shift of the object in pixels (mean of left, right, up and down)", fontsize=TEXT)
    axes.set_ylabel("change of the numbers (%)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    axes.legend(fontsize=SMALL, frameon=False, title="after", title_fontsize=SMALL)
    axes.set_title("The output of a convolution moves with the object; pooling makes it roughly stay", fontsize=TITLE)
    first = ", ".join(f"{step.name} {step.changes[1]:.0%}" for step in steps)
    return Picture(figure, f"Change of the numbers in each step's output when the object moves by one pixel: {first}.")
