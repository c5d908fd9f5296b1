"""What can be said: phrases by label. Twins exchange phrases of one label, so every label has several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """A subject: `one` with its article ("an otter"), `many` without a number ("otters")."""

    one: str
    many: str


@dataclass(frozen=True)
class Action:
    """What subjects of some categories do, as participles that fit one or many, and the kind of place for it."""

    subjects: tuple[str, ...]
    place: str
    phrases: tuple[str, ...]


SUBJECTS: Mapping[str, tuple[Noun, ...]] = {
    "mammal": (
        Noun("a grey donkey", "grey donkeys"), Noun("an otter", "otters"), Noun("a white goat", "white goats"),
        Noun("a red fox", "red foxes"), Noun("a spotted cow", "spotted cows"), Noun("a badger", "badgers"),
    ),
    "bird": (
        Noun("a heron", "herons"), Noun("a magpie", "magpies"), Noun("a white duck", "white ducks"),
        Noun("a barn owl", "barn owls"), Noun("a pelican", "pelicans"), Noun("a stork", "storks"),
    ),
    "sea-animal": (
        Noun("a sea turtle", "sea turtles"), Noun("an octopus", "octopuses"), Noun("a seahorse", "seahorses"),
        Noun("a manta ray", "manta rays"), Noun("a clownfish", "clownfish"), Noun("a squid", "squids"),
    ),
    "person": (
        Noun("a young baker", "young bakers"), Noun("a postwoman", "postwomen"), Noun("a gardener", "gardeners"),
        Noun("an old fisherman", "old fishermen"), Noun("a student in a raincoat", "students in raincoats"),
        Noun("a grandmother", "grandmothers"),
    ),
    "vehicle": (
        Noun("a yellow tram", "yellow trams"), Noun("a tractor", "tractors"), Noun("a steam train", "steam trains"),
        Noun("a delivery van", "delivery vans"), Noun("a fire engine", "fire engines"), Noun("a taxi", "taxis"),
    ),
    "plant": (
        Noun("a tall sunflower", "tall sunflowers"), Noun("a young birch", "young birches"), Noun("a fern", "ferns"),
        Noun("a cherry tree", "cherry trees"), Noun("a poppy", "poppies"), Noun("a thistle", "thistles"),
    ),
    "food": (
        Noun("a loaf of bread", "loaves of bread"), Noun("a bowl of soup", "bowls of soup"),
        Noun("a pumpkin pie", "pumpkin pies"), Noun("a plate of dumplings", "plates of dumplings"),
        Noun("a baked potato", "baked potatoes"), Noun("a cup of cocoa", "cups of cocoa"),
    ),
    "thing": (
        Noun("a copper kettle", "copper kettles"), Noun("a paper lantern", "paper lanterns"),
        Noun("a wicker basket", "wicker baskets"), Noun("a blue umbrella", "blue umbrellas"),
        Noun("a tin bucket", "tin buckets"), Noun("a toy horse", "toy horses"),
    ),
}  # fmt: skip

ACTIONS: Mapping[str, Action] = {
    "locomotion": Action(
        ("mammal", "person"), "outdoors",
        ("walking along a path", "crossing a footbridge", "running down a slope", "stepping over puddles"),
    ),
    "jumping": Action(
        ("mammal", "person"), "outdoors",
        ("jumping over a low fence", "leaping across a ditch", "hopping from stone to stone", "springing off a log"),
    ),
    "feeding": Action(
        ("mammal", "bird"), "outdoors",
        ("drinking from a puddle", "eating fallen apples", "picking at grain on the ground", "munching on berries"),
    ),
    "resting": Action(
        ("mammal", "bird", "person"), "outdoors",
        ("dozing in the shade", "sitting on a stone wall", "lying in the tall grass", "sunbathing on a flat rock"),
    ),
    "music": Action(
        ("person",), "indoors",
        ("playing an accordion", "beating a large drum", "plucking a harp", "blowing into a trumpet"),
    ),
    "craft": Action(
        ("person",), "indoors",
        ("kneading dough", "sawing a plank", "painting a window frame", "folding paper birds"),
    ),
    "sport": Action(
        ("person",), "outdoors",
        ("juggling a football", "skating in circles", "rowing a small boat", "shooting an arrow at a target"),
    ),
    "dance": Action(
        ("person",), "indoors",
        ("dancing a waltz", "tap dancing on floorboards", "twirling with outstretched arms", "clapping and dancing"),
    ),
    "flight": Action(
        ("bird",), "outdoors",
        ("gliding low over the ground", "taking off from a roof", "circling overhead", "landing on a post"),
    ),
    "swimming": Action(
        ("sea-animal",), "underwater",
        ("drifting over a reef", "swimming through kelp", "rising towards the surface", "darting between rocks"),
    ),
    "travel": Action(
        ("vehicle",), "outdoors",
        ("rounding a bend", "crossing a viaduct", "climbing a hill", "coming out of a tunnel"),
    ),
    "swaying": Action(
        ("plant",), "outdoors",
        ("swaying in the wind", "bending in the breeze", "trembling after a gust", "nodding gently"),
    ),
    "serving": Action(
        ("food",), "indoors",
        ("steaming on a table", "cooling on a windowsill", "being carried on a tray", "turning on a round stand"),
    ),
    "swinging": Action(
        ("thing",), "indoors",
        ("swinging from a hook", "turning on a string", "tipping over", "rocking to and fro on a shelf"),
    ),
}  # fmt: skip

USUAL: Mapping[str, str] = {
    "mammal": "locomotion", "bird": "flight", "sea-animal": "swimming", "person": "craft", "vehicle": "travel",
    "plant": "swaying", "food": "serving", "thing": "swinging",
}  # fmt: skip
"""The action of a subject where the action is not what a prompt is about."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "outdoors": ("near a lighthouse", "in front of a red barn", "beside a wide river", "below a ruined castle"),
    "indoors": ("in a sunlit kitchen", "in a cluttered workshop", "beside a tall window", "in a tiled hallway"),
    "underwater": ("in clear blue water", "near a sunken ship", "above white sand", "beside a coral garden"),
}

CAMERAS: Mapping[str, tuple[str, ...]] = {
    "static": ("the camera does not move", "filmed from a tripod with a fixed view", "the view stays still throughout"),
    "pan-left": ("the camera pans to the left", "the view sweeps slowly leftwards", "a steady pan towards the left"),
    "pan-right": (
        "the camera pans to the right",
        "the view sweeps slowly rightwards",
        "a steady pan towards the right",
    ),
    "tilt-up": ("the camera tilts up", "the view rises towards the top", "a slow tilt upwards"),
    "tilt-down": ("the camera tilts down", "the view sinks towards the bottom", "a slow tilt downwards"),
    "zoom-in": ("the camera zooms in", "the view closes in on the middle", "a slow zoom inwards"),
    "zoom-out": ("the camera zooms out", "the view widens from the middle", "a slow zoom outwards"),
    "orbit": ("the camera circles around the scene", "the view travels around in an arc", "a slow orbit of the camera"),
}

STYLES: Mapping[str, tuple[str, ...]] = {
    "watercolour": ("as a watercolour painting", "in soft washes of watercolour", "painted with wet watercolours"),
    "pencil": ("as a pencil drawing", "sketched in graphite on rough paper", "drawn with fine pencil hatching"),
    "clay": ("as a clay animation", "modelled in plasticine, frame by frame", "made of painted clay"),
    "monochrome": ("in black and white", "as an old greyscale film", "without colour, in shades of grey"),
    "pixel-art": ("as pixel art", "in the look of an 8-bit game", "made of large square pixels"),
    "oil": ("as an oil painting", "in thick strokes of oil paint", "painted in oils with a palette knife"),
    "paper-cut": ("as a paper cut-out animation", "made of layered coloured paper", "cut from cardboard and paper"),
    "blueprint": ("as a blueprint drawing", "in white lines on blue paper", "drawn like a technical plan on blue"),
}

RELATIONS: Mapping[str, tuple[str, ...]] = {
    "left-of": ("to the left of", "on the left-hand side of"),
    "right-of": ("to the right of", "on the right-hand side of"),
    "above": ("hanging above", "floating in the air over"),
    "below": ("directly below", "on the ground underneath"),
    "in-front-of": ("in front of", "before, and partly hiding,"),
    "behind": ("behind", "at the back of, and partly hidden by,"),
    "inside": ("inside", "enclosed within"),
    "on": ("on top of", "resting on"),
}

ANCHORS = (
    "a wooden crate",
    "an open suitcase",
    "a glass tank",
    "a large birdcage",
    "a cardboard box",
    "a metal locker",
)

WRITINGS: Mapping[int, tuple[str, ...]] = {
    1: ("OPEN", "BAKERY", "HELLO", "LIBRARY", "SPRING", "MUSEUM"),
    2: ("FRESH BREAD", "LOST DOG", "TEA ROOM", "WET PAINT", "THANK YOU", "NO SWIMMING"),
    3: ("BACK AT NOON", "KEEP IT TIDY", "FIVE MILES LEFT", "SOUP AND SALAD", "RING THE BELL", "OUR LAST DAY"),
}
"""What is to be read in the scene, by its number of words."""

BEARERS = ("a wooden sign", "a chalkboard", "a cloth banner", "a large poster", "a hanging board")

CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "rain": ("in heavy rain", "while rain pours down"),
    "snow": ("in falling snow", "while thick flakes of snow come down"),
    "fog": ("in dense fog", "half hidden by drifting mist"),
    "storm": ("in a thunderstorm", "while lightning flashes"),
    "sunrise": ("at sunrise", "in the first light of the morning"),
    "noon": ("at noon under a clear sky", "in hard midday sun"),
    "sunset": ("at sunset", "in the last orange light of the day"),
    "night": ("at night under the moon", "in the dark, lit by a street lamp"),
}

NUMBERS: Mapping[int, str] = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
