"""Boxes from the formats of COCO and Pascal VOC, and from tables."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from .boxes import Target


def _target(boxes: list[Sequence[float]], labels: list[Any]) -> Target:
    """Return the boxes and labels of one image as arrays."""
    return {
        "boxes": np.array(boxes, dtype=np.float64).reshape(-1, 4),
        "labels": np.array(labels) if labels else np.array([], dtype="<U1"),
    }


def boxes_from_coco(
    source: str | PathLike[str] | Mapping[str, Any],
) -> tuple[list[str], list[Target]]:
    """Read boxes in the format of COCO.

    Parameters
    ----------
    source : path or dict
        A JSON file of COCO, or its content: a dict with the lists "images",
        "annotations" and "categories". Annotations marked with ``"iscrowd": 1`` are
        left out.

    Returns
    -------
    file_names : list of str
        The file of each image, in the order of "images".
    targets : list of dict
        For each image {"boxes": (m, 4), "labels": (m,)}. Images without annotations
        have m = 0.

    Raises
    ------
    ValueError
        If a list or a field is missing, or if an annotation names an image or a
        category that is not listed.

    Examples
    --------
    >>> from sklearn_distill.dense import boxes_from_coco
    >>> files, targets = boxes_from_coco({
    ...     "images": [{"id": 1, "file_name": "a.png"}],
    ...     "categories": [{"id": 7, "name": "tree"}],
    ...     "annotations": [{"image_id": 1, "category_id": 7, "bbox": [5, 5, 10, 20]}],
    ... })
    >>> targets[0]["boxes"].tolist(), targets[0]["labels"].tolist()
    ([[5.0, 5.0, 15.0, 25.0]], ['tree'])
    """
    if not isinstance(source, Mapping):
        source = json.loads(Path(source).read_text(encoding="utf-8"))
    if not isinstance(source, Mapping) or not {
        "images",
        "annotations",
        "categories",
    } <= set(source):
        raise ValueError(
            "A file of COCO must contain the lists 'images', 'annotations' and "
            "'categories'. Pass a file of object detections."
        )
    try:
        names = {c["id"]: c["name"] for c in source["categories"]}
        files = {image["id"]: image["file_name"] for image in source["images"]}
        found: dict[Any, tuple[list, list]] = {number: ([], []) for number in files}
        for annotation in source["annotations"]:
            if annotation.get("iscrowd"):
                continue
            left, top, width, height = annotation["bbox"]
            boxes, labels = found[annotation["image_id"]]
            boxes.append((left, top, left + width, top + height))
            labels.append(names[annotation["category_id"]])
    except KeyError as error:
        raise ValueError(
            f"The file of COCO has no entry {error} that another entry needs. Check "
            "the ids of images and categories, and the fields of the annotations."
        ) from error
    return list(files.values()), [_target(*parts) for parts in found.values()]


def boxes_from_frame(
    frame: Any,
    *,
    images: Sequence[str] | None = None,
    image: str = "image_path",
    box: Sequence[str] = ("xmin", "ymin", "xmax", "ymax"),
    label: str | None = "label",
) -> tuple[list[str], list[Target]]:
    """Return the boxes of a table that has one row for each box.

    Parameters
    ----------
    frame : DataFrame
        From pandas or polars.
    images : list of str, default=None
        The images in the order of the result, for which the table may have no rows.
        None means all images in the table, in the order of their first rows.
    image : str, default="image_path"
        The column that names the image of a box.
    box : sequence of str, default=("xmin", "ymin", "xmax", "ymax")
        The columns of the left, top, right and bottom sides.
    label : str, default="label"
        The column of labels. None gives every box the label "object".

    Returns
    -------
    images : list of str
    targets : list of dict
        For each image {"boxes": (m, 4), "labels": (m,)}.

    Raises
    ------
    ValueError
        If a column is missing, or if the table has rows of an image that `images` does
        not contain.
    """
    wanted = [image, *box] + ([] if label is None else [label])
    missing = [name for name in wanted if name not in list(frame.columns)]
    if missing:
        raise ValueError(
            f"The table of boxes has no columns {missing}; its columns are "
            f"{list(frame.columns)}. Name the columns with image, box and label."
        )
    paths = np.asarray(frame[image]).tolist()
    numbers = np.stack([np.asarray(frame[c], dtype=np.float64) for c in box], axis=1)
    names = ["object"] * len(paths) if label is None else np.asarray(frame[label])
    order = list(dict.fromkeys(paths)) if images is None else list(images)
    if unknown := sorted(set(paths) - set(order)):
        raise ValueError(
            f"The table has boxes of {unknown[:3]}, which images does not contain. Add "
            "these images, or remove the rows."
        )
    found: dict[Any, tuple[list, list]] = {path: ([], []) for path in order}
    for path, row, name in zip(paths, numbers, names, strict=True):
        found[path][0].append(row)
        found[path][1].append(name)
    return order, [_target(*found[path]) for path in order]


def boxes_from_voc(
    path: str | PathLike[str], *, keep_difficult: bool = False
) -> tuple[str, Target]:
    """Read the boxes of one image from an XML file in the format of Pascal VOC.

    Parameters
    ----------
    path : path
        The XML file.
    keep_difficult : bool, default=False
        Whether to keep boxes that are marked as difficult.

    Returns
    -------
    file_name : str
        The file of the image.
    target : dict
        {"boxes": (m, 4), "labels": (m,)}. The first pixel of Pascal VOC is 1, and the
        last one belongs to the box, so that 1 is subtracted from the left and the top.

    Raises
    ------
    ValueError
        If the file is not an annotation of Pascal VOC.
    """
    try:
        root = ElementTree.parse(path).getroot()
        boxes: list[Sequence[float]] = []
        labels = []
        for item in root.iter("object"):
            if item.findtext("difficult", "0").strip() == "1" and not keep_difficult:
                continue
            box = item.find("bndbox")
            left, top, right, bottom = (
                float(box.findtext(side))  # type: ignore[union-attr, arg-type]
                for side in ("xmin", "ymin", "xmax", "ymax")
            )
            boxes.append((left - 1, top - 1, right, bottom))
            labels.append(item.findtext("name"))
    except (ElementTree.ParseError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{Path(path).name} is not an annotation of Pascal VOC: {error}. Each "
            "object needs a name and a bndbox with xmin, ymin, xmax and ymax."
        ) from error
    return root.findtext("filename", ""), _target(boxes, labels)
