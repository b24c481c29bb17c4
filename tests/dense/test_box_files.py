"""Readers of COCO, Pascal VOC and tables."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_distill.dense import boxes_from_coco, boxes_from_frame, boxes_from_voc

COCO = {
    "images": [{"id": 4, "file_name": "b.png"}, {"id": 9, "file_name": "a.png"}],
    "categories": [{"id": 1, "name": "tree"}, {"id": 3, "name": "house"}],
    "annotations": [
        {"image_id": 9, "category_id": 3, "bbox": [10, 20, 5, 6], "iscrowd": 0},
        {"image_id": 9, "category_id": 1, "bbox": [0, 0, 2.5, 3]},
        {"image_id": 9, "category_id": 1, "bbox": [0, 0, 50, 50], "iscrowd": 1},
    ],
}
VOC = """<annotation><filename>a.jpg</filename>
<object><name>dog</name><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>12</ymax></bndbox></object>
<object><name>cat</name><difficult>1</difficult>
<bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></object>
</annotation>"""


def test_coco_boxes_have_corners_and_names(tmp_path):
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(COCO))
    for source in (COCO, path, str(path)):
        files, targets = boxes_from_coco(source)
        assert files == ["b.png", "a.png"]
        assert targets[0]["boxes"].shape == (0, 4)
        assert targets[1]["boxes"].tolist() == [[10, 20, 15, 26], [0, 0, 2.5, 3]]
        assert targets[1]["labels"].tolist() == ["house", "tree"]


def test_incomplete_coco_raises():
    with pytest.raises(ValueError, match="'images', 'annotations' and"):
        boxes_from_coco({"images": []})
    with pytest.raises(ValueError, match="no entry 1"):
        boxes_from_coco({**COCO, "categories": COCO["categories"][1:]})


@pytest.mark.parametrize("library", [pd, pl])
def test_rows_of_a_table_are_grouped_by_image(library):
    frame = library.DataFrame(
        {
            "image_path": ["b", "a", "b"],
            "xmin": [0, 1, 2],
            "ymin": [0, 1, 2],
            "xmax": [5, 6, 7],
            "ymax": [5, 6, 7],
            "label": ["x", "y", "x"],
        }
    )
    images, targets = boxes_from_frame(frame)
    assert images == ["b", "a"]
    assert targets[0]["boxes"].tolist() == [[0, 0, 5, 5], [2, 2, 7, 7]]
    assert targets[1]["labels"].tolist() == ["y"]
    images, targets = boxes_from_frame(frame, images=["c", "a", "b"], label=None)
    assert [len(t["boxes"]) for t in targets] == [0, 1, 2]
    assert targets[2]["labels"].tolist() == ["object", "object"]
    with pytest.raises(ValueError, match=r"boxes of \['b'\]"):
        boxes_from_frame(frame, images=["a"])
    with pytest.raises(ValueError, match=r"has no columns \['kind'\]"):
        boxes_from_frame(frame, label="kind")


def test_voc_boxes_include_their_first_and_last_pixel(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(VOC)
    name, target = boxes_from_voc(path)
    assert name == "a.jpg"
    assert target["boxes"].tolist() == [[0, 1, 11, 12]]
    assert target["labels"].tolist() == ["dog"]
    _, both = boxes_from_voc(path, keep_difficult=True)
    assert both["labels"].tolist() == ["dog", "cat"]
    assert (np.diff(both["boxes"][1].reshape(2, 2), axis=0) == 2).all()


@pytest.mark.parametrize(
    "text", ["no xml", VOC.replace("<xmin>1</xmin>", ""), VOC.replace("bndbox", "box")]
)
def test_damaged_voc_raises(tmp_path, text):
    path = tmp_path / "a.xml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"a\.xml is not an annotation"):
        boxes_from_voc(path)
