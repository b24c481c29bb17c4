"""Knowledge distillation: a large model teaches a small one."""

# SPDX-License-Identifier: BSD-3-Clause

from .classifier import KnowledgeDistillationClassifier
from .regressor import KnowledgeDistillationRegressor
from .student_report import student_report

__all__ = [
    "KnowledgeDistillationClassifier",
    "KnowledgeDistillationRegressor",
    "student_report",
]
