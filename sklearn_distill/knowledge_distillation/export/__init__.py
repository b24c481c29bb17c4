"""Export of fitted students to ONNX files."""

# SPDX-License-Identifier: BSD-3-Clause

from .student_file import export_student

__all__ = ["export_student"]
