"""Steps of the training loop as iterations of scikit-learn's callbacks."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import TYPE_CHECKING, Any

from skorch import NeuralNet
from skorch.callbacks import Callback

if TYPE_CHECKING:
    from .preparation import Preparation


class IterationReports(Callback):
    """Report each step to the callbacks of a distiller, which may stop the fit.

    Parameters
    ----------
    distiller : RowLearner
    prepared : Preparation
    """

    def __init__(self, distiller: Any, prepared: "Preparation"):
        self.distiller = distiller
        self.prepared = prepared

    def on_batch_begin(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if training:
            self.iteration_ = self.distiller._begin_iteration()

    def on_batch_end(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if not training:
            return
        stop = self.distiller._end_iteration(
            self.iteration_,
            self.prepared.problem,
            lambda: self.distiller._result(
                self.prepared, net.module_, net.module_.state_dict()
            ),
        )
        if stop:
            net.stop_reason_ = "callback"
