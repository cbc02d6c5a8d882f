from dataclasses import replace

import numpy as np
import pytest

from keras_cnn_course.catalog.recipes import find_recipe
from keras_cnn_course.errors import UsageError
from keras_cnn_course.results.audit import audit_images, join_parts
from keras_cnn_course.results.out_of_fold import choose_folds, predict_out_of_fold
from keras_cnn_course.training.plan import make_plan


def plan_for(dataset, started, **overrides):
    return make_plan(find_recipe("softmax"), dataset, overrides=overrides, seed=0, precision="float32", backend=started)


@pytest.fixture(scope="module")
def small(digits):
    return replace(digits, x_train=digits.x_train[:400], y_train=digits.y_train[:400])


def test_folds_are_disjoint_equally_large_and_have_every_class_alike():
    labels = np.repeat([0, 1, 2], [31, 17, 9])
    folds = choose_folds(labels, 4, seed=1)
    assert np.ptp(np.bincount(folds, minlength=4)) <= 1
    for label in range(3):
        assert np.ptp(np.bincount(folds[labels == label], minlength=4)) <= 1
    np.testing.assert_array_equal(folds, choose_folds(labels, 4, seed=1))
    assert (folds != choose_folds(labels, 4, seed=2)).any()
    with pytest.raises(UsageError, match=r"from 2 to 3; got 4\. There are 3 images\."):
        choose_folds(np.zeros(3, int), 4, seed=0)


def test_no_model_sees_the_images_that_it_classifies(started, small):
    folds = choose_folds(small.y_train, 2, seed=0)
    reported = []
    whole = predict_out_of_fold(plan_for(small, started, epochs=2), folds, report=reported.append)
    assert whole.shape == (400, 10)
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-5)
    assert [line.split(":")[0] for line in reported] == ["Fold 1 of 2", "Fold 2 of 2"]
    # Other labels in the first fold change the second fold's predictions and not its own.
    changed = replace(small, y_train=np.where(folds == 0, (small.y_train + 1) % 10, small.y_train).astype(np.int32))
    again = predict_out_of_fold(plan_for(changed, started, epochs=2), folds)
    np.testing.assert_array_equal(again[folds == 0], whole[folds == 0])
    assert not np.allclose(again[folds == 1], whole[folds == 1], atol=0.01)


def test_each_fold_is_what_a_training_from_the_same_weights_gives(started, small):
    """The oracle is Keras, one batch after the other."""
    from keras_cnn_course.training.building import build_engine
    from keras_cnn_course.training.callbacks import Callback
    from keras_cnn_course.training.loop import epoch_order

    plan = plan_for(small, started, epochs=1, schedule="constant")
    folds = choose_folds(small.y_train, 2, seed=0)
    ours = predict_out_of_fold(plan, folds)
    for fold in range(2):
        model = build_engine(plan, Callback()).model
        index = np.flatnonzero(folds != fold)
        order = index[epoch_order(len(index), seed=0, epoch=1)]
        size = plan.hyperparameters.batch_size
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            model.train_on_batch(small.x_train[batch] / np.float32(255), small.y_train[batch])
        others = np.flatnonzero(folds == fold)
        expected = np.asarray(model(small.x_train[others] / np.float32(255)))
        np.testing.assert_allclose(ours[others], expected, atol=1e-4)


def test_wrong_labels_are_found_in_both_parts(started, digits):
    """Thirty labels are replaced; most of them are among the first thirty doubtful ones."""
    generator = np.random.default_rng(0)
    y_train, y_test = digits.y_train.copy(), digits.y_test.copy()
    in_train, in_test = (
        generator.choice(len(y_train), 24, replace=False),
        generator.choice(len(y_test), 6, replace=False),
    )
    y_train[in_train] = (y_train[in_train] + 3) % 10
    y_test[in_test] = (y_test[in_test] + 3) % 10
    spoiled = replace(digits, y_train=y_train, y_test=y_test)
    audit = audit_images(plan_for(join_parts(spoiled), started, epochs=8), spoiled, folds=3)
    replaced = {("train", int(index)) for index in in_train} | {("test", int(index)) for index in in_test}
    first = [audit.locate(one.index) for one in audit.doubtful[:30]]
    assert len(replaced & set(first)) >= 24
    rows = list(audit.list_rows())
    assert rows[0]["finding"] in ("probably mislabeled", "doubtful label")
    assert (rows[0]["part"], rows[0]["index"]) == first[0]
    assert {row["finding"] for row in rows} >= {"unlike all others"}
