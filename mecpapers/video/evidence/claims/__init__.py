"""How each statement of the video paper is measured, by the keys of claims.toml."""

from mecpapers.ledger import Measure
from mecpapers.video.evidence.claims import centralised, distributed, networks, trends

MEASURES: dict[str, Measure] = {
    **centralised.MEASURES,
    **distributed.MEASURES,
    **networks.MEASURES,
    **trends.MEASURES,
}
