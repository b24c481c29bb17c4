"""StreamingDistiller: the contract, streams, files and their failures."""

from sklearn_distill import HerdingSelection, StreamingDistiller
from sklearn_distill.testing import parametrize_with_distiller_checks

CHUNKED = StreamingDistiller(HerdingSelection(), chunk_size=25, fan_in=2)


@parametrize_with_distiller_checks([StreamingDistiller(HerdingSelection()), CHUNKED])
def test_distiller_checks(estimator, check):
    check(estimator)
