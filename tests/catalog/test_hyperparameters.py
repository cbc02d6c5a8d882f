import dataclasses
import doctest
import json
from dataclasses import dataclass

import numpy as np
import pytest

from keras_cnn_course.catalog import hyperparameters
from keras_cnn_course.catalog.hyperparameters import Hyperparameters
from keras_cnn_course.errors import UsageError

CNN = Hyperparameters(epochs=4, min_steps=400, batch_size=250, learning_rate=0.003, filters=32, units=512)


@dataclass(frozen=True, kw_only=True)
class OwnHyperparameters(Hyperparameters):
    dropout: float = 0.5
    residual: bool = False
    widths: tuple[int, ...] = (8, 16)


def test_doctests():
    assert doctest.testmod(hyperparameters).failed == 0


def test_used_leaves_out_what_the_recipe_does_not_have():
    softmax = Hyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
    assert list(softmax.used()) == [
        "epochs",
        "batch_size",
        "learning_rate",
        "min_steps",
        "schedule",
        "augment",
        "plain_epochs",
        "validation_split",
        "class_weight",
        "patience",
        "keep",
        "train_examples",
    ]


def test_overrides_convert_text_to_the_field_type():
    changed = CNN.with_overrides({"filters": "16", "learning_rate": "1e-2", "schedule": "constant"})
    assert (changed.filters, changed.learning_rate, changed.schedule) == (16, 0.01, "constant")
    assert dataclasses.replace(changed, filters=32, learning_rate=0.003, schedule="one_cycle") == CNN


def test_epochs_override_means_exactly_that_many():
    assert CNN.epochs_for(1000) == 100
    assert CNN.with_overrides({"epochs": "3"}).epochs_for(1000) == 3
    assert CNN.with_overrides({"epochs": "3", "min_steps": "40"}).epochs_for(1000) == 10


def test_a_subclass_adds_fields_of_its_own():
    own = OwnHyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
    changed = own.with_overrides({"dropout": "0.25", "residual": "yes"})
    assert (changed.dropout, changed.residual) == (0.25, True)


def test_a_tuple_comes_back_from_run_json_as_a_tuple():
    own = OwnHyperparameters(epochs=1, batch_size=10, learning_rate=0.1, widths=(4,))
    recorded = json.loads(json.dumps(own.used()))
    assert recorded == own.used()
    assert own.with_overrides(recorded) == own


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"filter": "16"}, r"no hyperparameter 'filter'\. Did you mean 'filters'\? Available: epochs, batch_size, "),
        ({"zzz": "16"}, r"no hyperparameter 'zzz'\. Available: epochs"),
        ({"filters": "many"}, "filters must be a whole number from 1 to 4096; got 'many'"),
        ({"filters": "1.5"}, "filters must be a whole number from 1 to 4096; got '1.5'"),
        ({"filters": "0"}, "filters must be a whole number from 1 to 4096; got 0"),
        ({"epochs": "-1"}, "epochs must be a whole number from 1 to 100000; got -1"),
        ({"learning_rate": "nan"}, "learning_rate must be a number from 1e-09 to 100; got nan"),
        ({"learning_rate": "fast"}, "learning_rate must be a number from 1e-09 to 100; got 'fast'"),
        ({"schedule": "one_cicle"}, "Did you mean 'one_cycle'"),
        ({"augment": "elastics"}, "Did you mean 'elastic'"),
        ({"validation_split": "0.9"}, "validation_split must be a number from 0.01 to 0.5; got 0.9"),
    ],
)
def test_wrong_overrides_are_refused(overrides, message):
    with pytest.raises(UsageError, match=message):
        CNN.with_overrides(overrides)


def test_a_number_the_recipe_does_not_use_is_refused():
    softmax = Hyperparameters(epochs=1, batch_size=10, learning_rate=0.1)
    with pytest.raises(UsageError, match=r"This recipe has no hyperparameter 'filters'\. Available: "):
        softmax.with_overrides({"filters": "16"})


@pytest.mark.parametrize("values", [{"epochs": True}, {"epochs": 1.0}, {"epochs": "3"}, {"learning_rate": None}])
def test_the_constructor_checks_types(values):
    with pytest.raises(UsageError, match=f"{next(iter(values))} must be a "):
        Hyperparameters(**{"epochs": 1, "batch_size": 10, "learning_rate": 0.1, **values})


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [("epochs", np.int64(3), 3), ("learning_rate", np.float32(0.5), 0.5), ("batch_size", np.array(20), 20)],
)
def test_a_scalar_of_numpy_becomes_a_number_of_python(name, value, kept):
    changed = getattr(CNN.with_overrides({name: value}), name)
    assert (changed, type(changed)) == (kept, type(kept))


@pytest.mark.parametrize("widths", [{"first": 8}, ((8, 16), (16, 32)), (np.int64(8),), "two\nlines"])
def test_what_run_json_could_not_hold_is_refused(widths):
    with pytest.raises(UsageError, match="widths must be a number, a word or a list of them; got "):
        OwnHyperparameters(epochs=1, batch_size=10, learning_rate=0.1, widths=widths)
