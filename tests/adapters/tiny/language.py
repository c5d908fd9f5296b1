"""Language models of single layers, Qwen's and Llama's, whose tokenizers know the words of the pipelines' templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from transformers import (
    LlamaConfig,
    LlamaModel,
    LlamaTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLTextConfig,
    Qwen2_5_VLTextModel,
    Qwen2Tokenizer,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
)

from tests.adapters.tiny.t5 import LETTERS, seeded

WIDTH = 16
LAYERS = 3
"""The pipelines read the last layer but two, at most."""
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}{{ part['text'] }}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ROPE = {"rope_type": "default", "rope_theta": 1000000.0}


def words(text: str) -> list[str]:
    """The words of a template, with the space before each; marks and what stands between are left out."""
    plain = re.sub(r"<[^>]*>|\{\}", " ", text)
    return list(dict.fromkeys(re.findall(r" ?[A-Za-z]+", plain)))


def joined(letters: Iterable[str], known: Iterable[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of single letters and `known` words, and the merges that make a word from its letters."""
    vocabulary = {letter: number for number, letter in enumerate(dict.fromkeys(letters))}
    merges: dict[tuple[str, str], None] = {}
    for word in known:
        for end in range(1, len(word)):
            if word[: end + 1] not in vocabulary:
                vocabulary[word[: end + 1]] = len(vocabulary)
            merges.setdefault((word[:end], word[end]))
    return vocabulary, list(merges)


def qwen_tokenizer(template: str = "") -> Qwen2Tokenizer:
    """A token a letter, and a token a word of `template` as far as its letters are not taken by others."""
    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    vocabulary, merges = joined(letters, (word.replace(" ", "Ġ") for word in words(template)))
    marks = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>"]
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=merges, model_max_length=4096, padding_side="right")
    tokenizer.add_special_tokens({"additional_special_tokens": [*marks, "<|video_pad|>"]})
    tokenizer.chat_template = CHAT
    return tokenizer


def _text(tokens: int) -> dict[str, Any]:
    return {
        "vocab_size": tokens,
        "hidden_size": WIDTH,
        "intermediate_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 4096,
        "rope_parameters": {**ROPE, "mrope_section": [1, 1, 2]},
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
    }


def _marks(tokenizer: Qwen2Tokenizer) -> dict[str, int]:
    names = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
    names |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in names.items()}


def qwen_text(tokenizer: Qwen2Tokenizer) -> Qwen2_5_VLTextModel:
    """The language half of Qwen 2.5 VL, hidden states (B, N, 16)."""
    config = Qwen2_5_VLTextConfig(**_text(len(tokenizer)))
    return seeded(lambda: Qwen2_5_VLTextModel(config))


def qwen25_vl(tokenizer: Qwen2Tokenizer) -> Qwen2_5_VLForConditionalGeneration:
    """Qwen 2.5 VL with eyes of one layer, which no pipeline here uses."""
    eyes = {"depth": 1, "hidden_size": 8, "intermediate_size": 8, "num_heads": 1, "out_hidden_size": WIDTH}
    config = Qwen2_5_VLConfig(text_config=_text(len(tokenizer)), vision_config=eyes, **_marks(tokenizer))
    return seeded(lambda: Qwen2_5_VLForConditionalGeneration(config))


def qwen2_vl(tokenizer: Qwen2Tokenizer) -> Qwen2VLForConditionalGeneration:
    """Qwen 2 VL with eyes of one layer, which no pipeline here uses."""
    eyes = {"depth": 1, "embed_dim": 8, "hidden_size": WIDTH, "num_heads": 1, "mlp_ratio": 1}
    config = Qwen2VLConfig(text_config=_text(len(tokenizer)), vision_config=eyes, **_marks(tokenizer))
    return seeded(lambda: Qwen2VLForConditionalGeneration(config))


HEADS = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<image>")


def llama_tokenizer(template: str) -> LlamaTokenizerFast:
    """As `qwen_tokenizer`, with Llama's marks, and a mark of beginning before every text."""
    marks = ["<unk>", "<pad>", "<|begin_of_text|>", "<|end_of_text|>", "▁", "\n"]
    known = ["\n\n", "system", *(word.replace(" ", "▁") for word in words(template))]
    vocabulary, merges = joined([*marks, *LETTERS, *LETTERS.upper(), *":|<>{}"], known)
    tokenizer = LlamaTokenizerFast(
        vocab=vocabulary,
        merges=merges,
        bos_token="<|begin_of_text|>",
        eos_token="<|end_of_text|>",
        pad_token="<pad>",
        add_bos_token=True,
        add_prefix_space=False,
        padding_side="right",
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(HEADS)})
    return tokenizer


def llama_config(tokenizer: LlamaTokenizerFast) -> LlamaConfig:
    """Of a decoder with hidden states (B, N, 16)."""
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        max_position_embeddings=4096,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def llama(tokenizer: LlamaTokenizerFast) -> LlamaModel:
    config = llama_config(tokenizer)
    return seeded(lambda: LlamaModel(config))
