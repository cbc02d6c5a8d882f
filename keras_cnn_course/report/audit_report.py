"""The page of an audit: the pictures of what was found, and the tables of the numbers."""

from collections.abc import Sequence

import numpy as np

from keras_cnn_course.files.markup import Markup, element, join
from keras_cnn_course.plots.audit import FoundImages, plot_found
from keras_cnn_course.report.document import Section, Table, make_document, make_figure, make_table
from keras_cnn_course.results.audit import Audit
from keras_cnn_course.results.label_errors import DoubtfulLabel
from keras_cnn_course.results.neighbors import Pair

__all__ = ["build_audit"]

_LABELS, _PAIRS, _LONERS, _CLASSES = 50, 30, 30, 100


def build_audit(audit: Audit) -> str:
    """Return the page of an audit as one HTML file; the same audit gives the same bytes."""
    return make_document(
        title=f"Audit of {audit.dataset.name}",
        lead=_make_lead(audit),
        sections=[_make_labels(audit), _make_copies(audit), _make_loners(audit), _make_classes(audit)],
    )


def _make_lead(audit: Audit) -> Markup:
    counts = {
        "images": len(audit.labels),
        "probably mislabeled": sum(one.is_confident for one in audit.doubtful),
        "exact copies": len(audit.neighbors.copies),
        "near copies": len(audit.neighbors.near_copies),
        "copies across the parts": audit.count_leaks(),
        "copies with two labels": audit.count_contradictions(),
    }
    facts = [element("div", element("dt", name), element("dd", f"{number:,}")) for name, number in counts.items()]
    return element(
        "div",
        element("dl", *facts, class_="facts"),
        element(
            "p",
            f"Each image was classified by one of {audit.folds} models of {audit.recipe}, none of which was trained on "
            f"it (seed {audit.seed}). {audit.agreement:.2%} are classified as they are labeled. Look before you "
            "change anything: a doubtful label can be a difficult image.",
            class_="note",
        ),
        class_="lead",
    )


def _make_labels(audit: Audit) -> Section:
    figures = [_make_label_figure(audit, part) for part in ("test", "train")]
    return Section("labels", "Doubtful labels", join(figures))


def _make_label_figure(audit: Audit, part: str) -> Markup:
    found = audit.doubtful_in(part)
    kind = {"test": "test images", "train": "training images"}[part]
    if not found:
        return element("p", f"All {kind} are classified as they are labeled.")
    shown, names = found[:_LABELS], audit.dataset.class_names
    tiles = [
        FoundImages(
            (audit.images[one.index],),
            (
                f"#{audit.locate(one.index)[1]}{' *' if one.is_confident else ''}",
                f"label {names[one.label]}",
                f"predicted {names[one.suggested]}",
            ),
        )
        for one in shown
    ]
    first = shown[0]
    title = f"{audit.dataset.name}: doubtful labels of {kind}, {len(shown)} of {len(found):,} shown"
    picture = plot_found(
        tiles,
        title=title,
        note="The least probable label first. Below each: index, label, and what a model takes it for. "
        "* probably mislabeled, by confident learning.",
        alt=f"{title}. The first is image {audit.locate(first.index)[1]}, labeled {names[first.label]} and classified "
        f"as {names[first.suggested]} with {first.suggested_probability:.1%}.",
    )
    return make_figure(
        picture,
        caption=f"The {len(shown)} {kind} with the least probable labels.",
        numbers=[_list_labels(audit, shown, kind)],
    )


def _list_labels(audit: Audit, shown: Sequence[DoubtfulLabel], kind: str) -> Table:
    names = audit.dataset.class_names
    rows = [
        (
            ", ".join(filter(None, (f"#{audit.locate(one.index)[1]}", audit.name_file(one.index)))),
            names[one.label],
            f"{one.label_probability:.2%}",
            names[one.suggested],
            f"{one.suggested_probability:.2%}",
            "yes" if one.is_confident else "",
        )
        for one in shown
    ]
    header = ("image", "label", "its probability", "suggested", "its probability", "probably mislabeled")
    return Table(f"Doubtful labels of {kind}", header, rows)


def _make_copies(audit: Audit) -> Section:
    neighbors = audit.neighbors
    limit = (
        f"A near copy is at most {neighbors.limit:.1f} of 255 away from the original, as the root mean square of the "
        f"differences between the pixels. That is a fifth of what is usual between an image and its nearest neighbor, "
        f"{neighbors.median:.1f}. Moved, turned or mirrored copies are not found."
    )
    if neighbors.cut:
        limit += " There are more near copies than were compared."
    figures = [
        _make_pair_figure(audit, pairs, kind)
        for kind, pairs in (("exact copies", neighbors.copies), ("near copies", neighbors.near_copies))
    ]
    return Section("copies", "Copies", join([element("p", limit, class_="note"), *figures]))


def _make_pair_figure(audit: Audit, pairs: Sequence[Pair], kind: str) -> Markup:
    if not pairs:
        return element("p", f"There are no {kind}.")
    # First what does most harm: two labels for one image, then copies of training images among the test images.
    ranked = sorted(pairs, key=lambda pair: (_agree(audit, pair), _same_part(audit, pair), pair.distance))
    shown = ranked[:_PAIRS]
    title = f"{audit.dataset.name}: {kind}, {len(shown)} of {len(pairs):,} shown"
    picture = plot_found(
        [_show_pair(audit, pair) for pair in shown],
        title=title,
        note="First pairs with two different labels, then pairs across the parts. Below each: part, index and label.",
        alt=f"{title}, in pairs. {_name(audit, shown[0].first)} and {_name(audit, shown[0].second)} come first.",
    )
    rows = [(_name(audit, pair.first), _name(audit, pair.second), f"{pair.distance:.2f}") for pair in shown]
    numbers = Table(kind.capitalize(), ("image", "copy", "distance"), rows)
    count = "All" if len(shown) == len(pairs) else f"{len(shown)} of the"
    return make_figure(picture, caption=f"{count} {len(pairs):,} {kind}.", numbers=[numbers])


def _make_loners(audit: Audit) -> Section:
    shown = audit.neighbors.loners[:_LONERS]
    if not shown:
        return Section("loners", "Unlike all others", element("p", "All images are equal."))
    title = f"{audit.dataset.name}: the {len(shown)} images that are farthest from all others"
    picture = plot_found(
        [_show_pair(audit, pair) for pair in shown],
        title=title,
        note="Each with its nearest neighbor to its right. Below: part, index and label of both.",
        alt=f"{title}, the farthest first: {_name(audit, shown[0].first)}, whose nearest neighbor is "
        f"{_name(audit, shown[0].second)}.",
    )
    rows = [(_name(audit, pair.first), _name(audit, pair.second), f"{pair.distance:.1f}") for pair in shown]
    table = Table("Images that are farthest from all others", ("image", "nearest neighbor", "distance"), rows)
    caption = "Large distances come from damaged and foreign images, but also from thick strokes and rare forms."
    return Section("loners", "Unlike all others", make_figure(picture, caption=caption, numbers=[table]))


def _make_classes(audit: Audit) -> Section:
    data, names = audit.dataset, audit.dataset.class_names
    parts = [np.bincount(labels, minlength=len(names)) for labels in (data.y_train, data.y_test)]
    rows = [
        (name, f"{train:,}", f"{train / len(data.y_train):.1%}", f"{test:,}", f"{test / len(data.y_test):.1%}")
        for name, train, test in zip(names, *parts, strict=True)
    ]
    header = ("class", "training images", "share", "test images", "share")
    table = make_table(Table("Number of images by class", header, rows))
    smallest, largest = int(parts[0].argmin()), int(parts[0].argmax())
    balance = (
        f"The smallest class, {names[smallest]}, has {parts[0][smallest]:,} training images and the largest, "
        f"{names[largest]}, {parts[0][largest]:,}."
    )
    shown = range(min(len(names), _CLASSES))
    tiles = [
        FoundImages((audit.images[audit.labels == label].mean(axis=0, dtype=np.float64),), (names[label],))
        for label in shown
    ]
    title = f"{data.name}: mean image of each class"
    picture = plot_found(
        tiles, title=title, note="Mean over all images of the class.", alt=f"{title}, {len(tiles)} of {len(names)}."
    )
    figure = make_figure(picture, caption="What the images of a class have in common.", numbers=[])
    return Section("classes", "Classes", join([element("p", balance), table, figure]))


def _show_pair(audit: Audit, pair: Pair) -> FoundImages:
    lines = []
    for index in (pair.first, pair.second):
        part, number = audit.locate(index)
        lines.append(f"{part} #{number}: {audit.dataset.class_names[audit.labels[index]]}")
    return FoundImages((audit.images[pair.first], audit.images[pair.second]), tuple(lines))


def _name(audit: Audit, index: int) -> str:
    part, number = audit.locate(index)
    inside = filter(None, (audit.dataset.class_names[audit.labels[index]], audit.name_file(index)))
    return f"{part} #{number} ({', '.join(inside)})"


def _agree(audit: Audit, pair: Pair) -> bool:
    return bool(audit.labels[pair.first] == audit.labels[pair.second])


def _same_part(audit: Audit, pair: Pair) -> bool:
    return audit.locate(pair.first)[0] == audit.locate(pair.second)[0]
