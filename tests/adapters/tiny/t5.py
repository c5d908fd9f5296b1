"""A T5 text encoder and its tokenizer, small and seeded, for tiny checkpoints; and networks whose zeros are woken."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from transformers import T5Config, T5EncoderModel, T5Tokenizer

Network = TypeVar("Network", bound=torch.nn.Module)
LETTERS = string.ascii_lowercase + string.digits + ".,'-"
WIDTH = 32


def seeded(make: Callable[..., Network], seed: int = 0, **config: Any) -> Network:
    """`make(**config)` with weights that depend on `seed` only, in evaluation mode.

    Matrices that begin as zeros get small values, without which prompt and condition would not reach the output.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make(**config).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                if parameter.ndim > 1 and not parameter.any():
                    parameter.normal_(std=0.05)
    return network


def t5_tokenizer(length: int) -> T5Tokenizer:
    """One token a letter; `length` is the longest text."""
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    return T5Tokenizer(vocab=special + [(letter, -3.0) for letter in LETTERS], extra_ids=0, model_max_length=length)


def t5_encoder(width: int = WIDTH, tokens: int = len(LETTERS) + 4) -> T5EncoderModel:
    """One layer, `width` features a token, of which there are `tokens`."""
    config = T5Config(vocab_size=tokens, d_model=width, d_ff=width, d_kv=8, num_heads=2, num_layers=1, dropout_rate=0.0)
    return seeded(lambda: T5EncoderModel(config))
