"""The parameters that name one rendered video; the same parameters give the same bytes."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vbench_py.world.cast import COLOURS, Body, cast_of
from vbench_py.world.solids import KINDS

CameraPath = Literal["still", "pan", "dolly", "orbit", "return", "loop"]
Edit = Literal["none", "recolour", "remove", "replace"]


class WorldParameters(BaseModel):
    """One video of the synthetic world, or with `azimuths` one grid of views x time.

    The world's clock runs in seconds: frame i is seen at i / fps, so another frame rate shows other moments of the same
    events. With `subframes` = s the video has frames x s frames at fps x s, and frame i x s is frame i of s = 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene: int = Field(
        ge=0, lt=2**63, description="seed of everything: who is there, the room, where the camera starts"
    )
    frames: int = Field(default=16, ge=1)
    width: int = Field(default=192, ge=16, le=8192)
    height: int = Field(default=128, ge=16, le=8192)
    fps: float = Field(default=8.0, gt=0, allow_inf_nan=False)
    camera: CameraPath = Field(
        default="still", description="`return` goes out and comes back the same way; `loop` is closed"
    )
    still: bool = Field(default=False, description="the bodies do not move")
    azimuth: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="degrees on the ring round the centre where the camera starts; drawn if none",
    )
    azimuths: tuple[float, ...] = Field(default=(), description="a grid: one view for each, names by the whole degree")
    edit: Edit = "none"
    edit_object: int = Field(default=0, ge=0, description="the body the edit changes; 0 is the subject")
    edit_to: str | None = Field(
        default=None, description="the colour (recolour) or kind (replace) afterwards; drawn if none"
    )
    shots: int = Field(
        default=1, ge=1, description="shots of one subject, each with other company, room and camera place"
    )
    shot_lengths: tuple[int, ...] | None = Field(
        default=None, description="frames of each shot; as equal as possible if none"
    )
    subject_only: bool = Field(default=False, description="the subject alone in a plain room, seen from near")
    subframes: int = Field(default=1, ge=1, le=64)
    supersample: int = Field(default=2, ge=1, le=8, description="samples of a pixel along each side, for colour only")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        lengths = self.lengths
        if len(lengths) != self.shots:
            raise ValueError(
                f"shot_lengths holds {len(lengths)} lengths, shots is {self.shots}: give one for each shot"
            )
        if sum(lengths) != self.frames or min(lengths) < 1:
            raise ValueError(f"shot_lengths {lengths} must each be at least 1 and sum to frames = {self.frames}")
        if self.subject_only and self.shots > 1:
            raise ValueError(f"subject_only shows one plain room; shots = {self.shots} needs several: take shots = 1")
        if self.azimuths and self.azimuth is not None:
            raise ValueError("azimuth and azimuths are both given: azimuth is for one view, azimuths for a grid")
        names = [view_name(azimuth) for azimuth in self.azimuths]
        if len(set(names)) < len(names):
            raise ValueError(f"azimuths {self.azimuths} round to the same view name twice ({', '.join(names)})")
        self._check_edit()
        return self

    def _check_edit(self) -> None:
        if self.edit == "none":
            if self.edit_to is not None or self.edit_object:
                raise ValueError("edit_object or edit_to without an edit: set edit to recolour, remove or replace")
            return
        present = 1 if self.subject_only else len(cast_of(self.scene).bodies)
        if self.edit_object >= present:
            raise ValueError(f"edit_object {self.edit_object}: scene {self.scene} has bodies 0 to {present - 1}")
        if self.shots > 1 and self.edit_object:
            raise ValueError(f"edit_object {self.edit_object}: only the subject (0) is in every shot")
        body = cast_of(self.scene).bodies[self.edit_object]
        if self.edit == "remove":
            if self.edit_to is not None:
                raise ValueError(f"edit_to {self.edit_to!r} has no meaning with edit = 'remove': leave it out")
        elif self.edit_to is not None:
            among, now = (tuple(COLOURS), body.colour) if self.edit == "recolour" else (KINDS, body.kind)
            if self.edit_to not in among:
                raise ValueError(f"edit_to {self.edit_to!r}: {self.edit} takes one of {', '.join(among)}")
            if self.edit_to == now:
                raise ValueError(
                    f"edit_to {self.edit_to!r}: body {self.edit_object} of scene {self.scene} is that already"
                )

    @property
    def lengths(self) -> tuple[int, ...]:
        """Frames of each shot, before `subframes`."""
        if self.shot_lengths is not None:
            return self.shot_lengths
        return tuple((self.frames * (k + 1)) // self.shots - (self.frames * k) // self.shots for k in range(self.shots))

    @property
    def rendered(self) -> int:
        """How many frames the video has: frames x subframes."""
        return self.frames * self.subframes

    @property
    def bodies(self) -> tuple[Body, ...]:
        """Who is there before the edit, in the first shot."""
        return cast_of(self.scene).bodies[: 1 if self.subject_only else None]

    def source(self) -> Self:
        """The same video before the edit."""
        return self.model_copy(update={"edit": "none", "edit_object": 0, "edit_to": None})

    def views(self) -> dict[str, Self]:
        """The single videos of a grid by their view name; a plain video is its own only view."""
        if not self.azimuths:
            return {"000" if self.azimuth is None else view_name(self.azimuth): self}
        return {view_name(a): self.model_copy(update={"azimuth": a, "azimuths": ()}) for a in self.azimuths}

    def references(self, count: int = 4) -> list[Self]:
        """Stills of the subject alone in a plain room, evenly from `count` sides; each a video of one frame."""
        still = {"frames": 1, "camera": "still", "still": True, "subject_only": True, "subframes": 1, "azimuths": ()}
        alone = self.source().model_copy(update=still | {"shots": 1, "shot_lengths": None})
        return [alone.model_copy(update={"azimuth": 20.0 + 360.0 * k / count}) for k in range(count)]


def view_name(azimuth: float) -> str:
    """Name of a view in a grid's folder: the azimuth in whole degrees, three digits, 0 to 359."""
    return f"{round(azimuth) % 360:03d}"
