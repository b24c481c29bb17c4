"""Average precision and recall, compared with faster-coco-eval."""

import contextlib
import io

import numpy as np
import pytest

from sklearn_distill.dense import (
    average_precisions,
    mean_average_precision,
    mean_average_recall,
)


def random_boxes(rng, n):
    corner = rng.uniform(0, 80, (n, 2))
    return np.hstack([corner, corner + rng.uniform(5, 40, (n, 2))])


@pytest.fixture
def detections():
    """Targets and predictions of ten images in three classes, some of them empty."""
    rng = np.random.RandomState(0)
    targets, predictions = [], []
    for i in range(10):
        boxes, labels = random_boxes(rng, i % 5), rng.randint(0, 3, i % 5)
        targets.append({"boxes": boxes, "labels": labels})
        near = boxes + rng.normal(scale=1.2, size=boxes.shape)
        wrong = rng.rand(len(labels)) < 0.2
        found = np.where(wrong, (labels + 1) % 3, labels)
        n_false = rng.randint(0, 5)
        predictions.append(
            {
                "boxes": np.vstack([near, random_boxes(rng, n_false)]),
                "labels": np.concatenate([found, rng.randint(0, 3, n_false)]),
                # Ties, as they occur with forests.
                "scores": rng.rand(len(found) + n_false).round(1),
            }
        )
    return targets, predictions


def stats_of_coco(targets, predictions):
    """Return the statistics that faster-coco-eval computes."""
    coco_eval = pytest.importorskip("faster_coco_eval")

    def annotations(items):
        for i, item in enumerate(items):
            for k, (box, label) in enumerate(
                zip(item["boxes"], item["labels"], strict=True)
            ):
                size = box[2:] - box[:2]
                yield {
                    "image_id": i,
                    "category_id": int(label),
                    "bbox": [*box[:2].tolist(), *size.tolist()],
                    "area": float(size.prod()),
                    "iscrowd": 0,
                    "score": float(item["scores"][k]) if "scores" in item else None,
                }

    truth = [{**a, "id": k + 1} for k, a in enumerate(annotations(targets))]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_eval.COCO(
            {
                "images": [{"id": i} for i in range(len(targets))],
                "categories": [{"id": c} for c in range(3)],
                "annotations": truth,
            }
        )
        found = coco.loadRes(list(annotations(predictions)))
        run = coco_eval.COCOeval_faster(coco, found, "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats_as_dict


def test_measures_are_those_of_faster_coco_eval(detections):
    expected = stats_of_coco(*detections)
    assert 0.2 < expected["AP_all"] < 0.8
    found = {
        "AP_all": mean_average_precision(*detections),
        "AP_50": mean_average_precision(*detections, iou_thresholds=(0.5,)),
        "AP_75": mean_average_precision(*detections, iou_thresholds=(0.75,)),
        "AR_all": mean_average_recall(*detections, max_detections=1),
        "AR_second": mean_average_recall(*detections, max_detections=10),
        "AR_third": mean_average_recall(*detections),
    }
    for name, value in found.items():
        assert value == pytest.approx(expected[name], abs=1e-9), name


def test_perfect_predictions_have_precision_and_recall_one(detections):
    targets, _ = detections
    perfect = [{**t, "scores": np.ones(len(t["labels"]))} for t in targets]
    assert mean_average_precision(targets, perfect) == 1
    assert mean_average_recall(targets, perfect) == 1
    assert average_precisions(targets, perfect) == {0: 1.0, 1: 1.0, 2: 1.0}


def test_missed_objects_lower_the_precision():
    boxes = [[0, 0, 5, 5], [10, 0, 15, 5]]
    targets = [{"boxes": boxes, "labels": ["a", "a"]}]
    half = [{"boxes": boxes[:1], "labels": ["a"], "scores": [0.3]}]
    assert mean_average_precision(targets, half) == pytest.approx(51 / 101)
    none = [{"boxes": [], "labels": [], "scores": []}]
    assert mean_average_precision(targets, none) == 0
    assert mean_average_recall(targets, none) == 0
    assert np.isnan(mean_average_precision([{"boxes": [], "labels": []}], none))


def test_duplicates_are_false_detections():
    targets = [{"boxes": [[0, 0, 5, 5]], "labels": ["a"]}]
    twice = {"boxes": [[0, 0, 5, 5]] * 2, "labels": ["a"] * 2, "scores": [0.9, 0.8]}
    first_wrong = {**twice, "boxes": [[50, 0, 55, 5], [0, 0, 5, 5]]}
    assert mean_average_precision(targets, [twice]) == 1
    assert mean_average_precision(targets, [first_wrong]) == pytest.approx(0.5)


def test_different_numbers_of_images_raise(detections):
    targets, predictions = detections
    with pytest.raises(ValueError, match="one prediction for each image"):
        mean_average_precision(targets, predictions[:3])


def test_labels_of_another_type_than_those_of_the_predictions_raise():
    box = [[0, 0, 10, 10]]
    found = [{"boxes": box, "labels": [1], "scores": [0.9]}]
    with pytest.raises(ValueError, match="labels of one type"):
        mean_average_precision([{"boxes": box, "labels": ["1"]}], found)
    assert mean_average_precision([{"boxes": box, "labels": [1]}], found) == 1
