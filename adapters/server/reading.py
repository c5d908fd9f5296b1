"""What the answers of a job say, by the recipe's places and words: how it goes, why it failed, what it cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from vbench_py.adapters.server import pointers
from vbench_py.adapters.server.calls import Answer
from vbench_py.adapters.server.errors import Over, Refused, ServerError
from vbench_py.adapters.server.settings import Settings

_SHOWN = 200


@dataclass
class Reader:
    """Reads the answers of one job; `told` fills up with what goes into its row."""

    settings: Settings
    provider: str
    told: dict[str, Any] = field(default_factory=dict)

    def document(self, answer: Answer, doing: str) -> Any:
        """The JSON of an answer. Raises `Refused`, and `ServerError` for an error status or what is no JSON."""
        places = self.settings.answers
        self._kept(answer)
        try:
            document = answer.document()
        except ServerError as error:
            raise ServerError(f"{doing}: HTTP {answer.status}, {error}") from None
        self._noted(document)
        text, code = self._error(document), pointers.text(document, places.code)
        if refusal := pointers.text(document, places.refusal):
            raise self._refused(refusal)
        if code and code in self.settings.codes:
            raise self._refused(f"{text or code} ({code})" if text != code else code)
        if answer.status >= 400:
            raise ServerError(f"{doing}: HTTP {answer.status}: {text or answer.told()}{_coded(code)}")
        return document

    def identifier(self, document: Any) -> str:
        """The job's id. Raises `ServerError` where there is none."""
        place = self.settings.answers.id
        found = pointers.text(document, place)
        if not found:
            raise ServerError(
                f"submitting: the answer has no job id at {place}: {json.dumps(document)[:_SHOWN]}",
                mend="the job may have been taken; set answers.id to the place of its id",
            )
        return found

    def status_url(self, document: Any) -> str:
        """Where to poll, as the server says; "" where it does not."""
        return pointers.text(document, self.settings.answers.status_url)

    def video_url(self, document: Any) -> str:
        """Where the video is, as the server says. Raises `ServerError` where the place for it is empty."""
        place = self.settings.answers.url
        found = pointers.text(document, place)
        if place and not found:
            shown = json.dumps(document)[:_SHOWN]
            raise ServerError(f"the finished job has no address of its video at {place}: {shown}")
        return found

    def word(self, document: Any) -> str:
        """The status word."""
        return pointers.text(document, self.settings.answers.status)

    def done(self, document: Any) -> bool:
        """Whether the job is finished. Raises `Refused`, `Over` where it failed, and `ServerError` for other words."""
        places, words = self.settings.answers, self.settings.words
        word = self.word(document)
        if not word and places.url and not places.status:
            return bool(pointers.text(document, places.url))
        text = self._error(document)
        if _in(word, words.refused):
            raise self._refused(text or word)
        if _in(word, words.failed):
            raise Over(f"the job failed: {text or word}{_coded(pointers.text(document, places.code))}")
        if _in(word, words.done):
            return True
        if _in(word, words.waiting):
            return False
        known = ", ".join(known for group in words.model_dump().values() for known in group)
        raise ServerError(
            f"status {word!r} at {places.status} is none of {known}: {json.dumps(document)[:_SHOWN]}",
            mend="name it in words.waiting, words.done, words.failed or words.refused",
        )

    def _error(self, document: Any) -> str:
        """The error's text; some servers give a text where others give a table with one."""
        place = self.settings.answers.error
        return pointers.text(document, place) or pointers.text(document, place.rpartition("/")[0])

    def _refused(self, text: str) -> Refused:
        self.told["refusal"] = text
        return Refused(self.provider, text)

    def _kept(self, answer: Answer) -> None:
        kept = {name: answer.headers[name] for name in self.settings.kept if name in answer.headers}
        if kept:
            self.told["headers"] = {**self.told.get("headers", {}), **kept}
        if "date" in answer.headers:
            self.told["answered"] = answer.headers["date"]

    def _noted(self, document: Any) -> None:
        places = self.settings.answers
        for name in ("model", "created", "price", "prompt"):
            if (value := pointers.found(document, getattr(places, name))) is not None:
                self.told["prompt_rewritten" if name == "prompt" else name] = value
        if "price" in self.told:
            self.told["currency"] = pointers.text(document, places.currency) or self.settings.currency


def _coded(code: str) -> str:
    return f" ({code})" if code else ""


def _in(word: str, words: tuple[str, ...]) -> bool:
    return word.lower() in {known.lower() for known in words}
