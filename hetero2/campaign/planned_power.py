"""The power that a campaign is planned with, so that its report can say what it was not large enough to show."""

from typing import Any

from hetero2.campaign.layout import Settings
from hetero2.errors import ConfigError
from hetero2.stats.sequential.comparison import MIN_POWER
from hetero2.stats.sequential.planning import power_by_round

_DECIMALS = 3  # of a power by simulation, right to about 0.02
Record = dict[str, Any]


def planned(
    base_rate: float | None, expected_rate: float | None, rounds: int | None, settings: Settings
) -> Record | None:
    """`planned` of campaign.json: rates, rounds, molecules of the smaller arm in a round, power; None without a plan.

    base_rate, expected_rate: hit rates in (0, 1) of today's and the new order. The power is an upper bound, since what
    both orders would buy says nothing of their difference. Raises ConfigError for half a plan, or one without two arms.
    """
    if base_rate is None and expected_rate is None and rounds is None:
        return None
    if base_rate is None or expected_rate is None or rounds is None:
        raise ConfigError(
            "a plan needs --base-rate, --expected-rate and --planned-rounds", "give all three, or none of them"
        )
    share = min(settings.control_share, 1 - settings.control_share)
    per_arm = round(settings.batch * share)
    if per_arm < 1:
        raise ConfigError(
            f"with --control-share {settings.control_share:g} one order buys nothing in a batch of {settings.batch}",
            "a plan needs both orders: choose a share nearer 0.5, or leave the plan out",
        )
    power = power_by_round(base_rate, expected_rate, per_arm, rounds, settings.seed)[-1]
    return {
        "base_rate": base_rate,
        "expected_rate": expected_rate,
        "rounds": rounds,
        "per_arm": per_arm,
        "power": round(float(power), _DECIMALS),
    }


def too_small(plan: Record | None) -> bool:
    """Whether a campaign was planned with a power below 80 %."""
    return plan is not None and plan["power"] < MIN_POWER
