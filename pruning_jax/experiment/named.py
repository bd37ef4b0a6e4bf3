"""The algorithms that are known by name."""

from typing import TypeAlias

Setting: TypeAlias = str | int | float | bool

NAMED: dict[str, dict[str, Setting]] = {
    # Learning-rate rewinding: Renda, Frankle, Carbin 2020, arXiv 2003.02389.
    "lrr": {},
    # Weight rewinding to step k: Frankle et al. 2020, arXiv 1912.05671; this k is ours.
    "weight_rewinding": {"rewind": "weights", "rewind_to": "1ep"},
    # Lottery tickets, rewound to initialisation: Frankle & Carbin 2019, arXiv 1803.03635.
    "lottery": {"rewind": "weights"},
    "finetune": {"rewind": "finetune"},
    # The dense model, trained for as long and with the same repeated schedule as LRR.
    "extended_dense": {"prune_fraction": 0.0},
    "random": {"criterion": "random"},
    "layerwise": {"scope": "layerwise"},
    "saliency": {"criterion": "saliency"},
    "movement": {"criterion": "movement"},
    "inverse_magnitude": {"criterion": "inverse_magnitude"},
    "one_shot": {"one_shot": True},
    # Pruned at initialisation: arXiv 1810.02340, 2006.05467, 2002.07376.
    "snip": {"criterion": "snip", "rewind": "weights", "one_shot": True},
    "synflow": {
        "criterion": "synflow",
        "rewind": "weights",
        "one_shot": True,
        "score_steps": 100,
    },
    "grasp": {"criterion": "grasp", "rewind": "weights", "one_shot": True},
    # Controls of the lottery ticket: its masks on other weights, its weights under other masks.
    "reinit": {"rewind": "reinit", "masks_from": "lottery"},
    "shuffled": {"rewind": "weights", "masks_from": "lottery", "shuffle": True},
}
"""Each algorithm by what sets it apart from learning-rate rewinding."""
