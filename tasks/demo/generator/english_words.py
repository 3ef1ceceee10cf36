"""English words, written down for this project."""

from __future__ import annotations

CATEGORIES: dict[str, tuple[str, ...]] = {
    "fruit": ("apple", "pear", "plum", "cherry", "grape", "peach", "mango", "banana", "melon", "lemon", "apricot"),
    "vegetable": ("carrot", "onion", "potato", "cabbage", "spinach", "lettuce", "garlic", "turnip", "celery", "leek"),
    "mammal": ("dog", "cat", "horse", "cow", "sheep", "rabbit", "tiger", "lion", "wolf", "bear", "fox", "deer"),
    "bird": ("sparrow", "crow", "eagle", "owl", "swan", "duck", "goose", "parrot", "pigeon", "gull", "robin", "hawk"),
    "fish": ("salmon", "tuna", "trout", "carp", "herring", "cod", "eel", "shark", "sardine", "perch"),
    "insect": ("ant", "bee", "beetle", "butterfly", "wasp", "moth", "mosquito", "grasshopper", "dragonfly", "ladybug"),
    "vehicle": ("bus", "train", "taxi", "truck", "bicycle", "tram", "ferry", "tractor", "scooter", "helicopter"),
    "piece of furniture": ("chair", "table", "bed", "sofa", "desk", "shelf", "wardrobe", "stool", "bench", "cupboard"),
    "piece of clothing": ("shirt", "skirt", "coat", "sock", "scarf", "glove", "jacket", "trousers", "sweater", "dress"),
    "tool": ("hammer", "saw", "drill", "wrench", "spade", "shovel", "rake", "screwdriver", "chisel", "axe"),
    "musical instrument": (
        "piano",
        "violin",
        "flute",
        "drum",
        "trumpet",
        "guitar",
        "cello",
        "harp",
        "clarinet",
        "oboe",
    ),
    "color": ("red", "blue", "green", "yellow", "purple", "brown", "black", "white", "pink", "gray"),
    "part of the body": ("arm", "leg", "knee", "elbow", "shoulder", "nose", "ear", "finger", "ankle", "wrist"),
    "country": ("Korea", "Japan", "France", "Germany", "Brazil", "Canada", "Egypt", "Kenya", "Norway", "Peru"),
    "job": ("doctor", "nurse", "teacher", "farmer", "baker", "pilot", "lawyer", "plumber", "judge", "tailor"),
    "sport": ("soccer", "tennis", "baseball", "hockey", "golf", "boxing", "judo", "rugby", "rowing", "fencing"),
    "metal": ("iron", "copper", "silver", "gold", "zinc", "nickel", "tin", "lead", "aluminum", "titanium"),
    "building": ("school", "hospital", "library", "museum", "church", "castle", "hotel", "factory", "barn", "palace"),
    "flower": ("tulip", "daisy", "lily", "sunflower", "daffodil", "orchid", "dandelion", "marigold", "carnation"),
    "drink": ("tea", "coffee", "milk", "juice", "water", "cocoa", "lemonade", "cider", "soda"),
}

CONFLICTS: dict[str, frozenset[str]] = {
    "fruit": frozenset({"vegetable"}),
    "vegetable": frozenset({"fruit"}),
    "color": frozenset({"metal", "fruit", "flower"}),
    "metal": frozenset({"color"}),
    "tool": frozenset({"vehicle"}),
}
"""Categories from which no wrong choice may come, because it might be right."""

LISTED = tuple(
    """
    apple bread chair cloud dream dress eagle earth flame flute garden glass grape green honey horse house island
    jacket juice kite knife lemon light moon mouse music night north ocean olive paint paper piano pilot queen
    quilt river robin round sand seven sheep silver smile snow stone storm sugar table tiger train tree uncle
    under valley violin water wheel white window winter yellow young zebra
    """.split()
)
"""Words for lists."""

THINGS_SEEN = ("mammal", "bird", "insect", "vehicle", "piece of furniture", "tool", "musical instrument", "building")
"""Categories of single things, of which a sentence can be made."""

SENTENCES = (
    "The {} is near the {} and the {}.",
    "We saw the {}, the {} and the {}.",
    "The {} is between the {} and the {}.",
    "I like the {} and the {}, but not the {}.",
    "Neither the {} nor the {} is behind the {}.",
)

NAMES = tuple("Tom Anna Ben Clara David Emma Frank Grace Henry Iris Jack Kate Leo Maria Noah Olivia".split())
THINGS = tuple("apples pens coins books cards shells stamps marbles cookies stickers pencils buttons".split())
EVENTS = tuple("party picnic concert meeting game lesson trip show race wedding market exam".split())

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
