"""Which of the detector's 478 landmarks form which line of a face, as mediapipe numbers them."""

_CLOSED = (
    # Around the face, from the middle of the forehead to the character's left.
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
     148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    # Lids, from the outer corner along the lower one.
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    # Lips, the outer and the inner rim, from the right corner along the lower one.
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
)  # fmt: skip
_OPEN = (
    # Brows, the upper and the lower border.
    (70, 63, 105, 66, 107), (46, 53, 52, 65, 55), (336, 296, 334, 293, 300), (285, 295, 282, 283, 276),
    # The nose, down its ridge and around its wings.
    (168, 6, 197, 195, 5, 4, 1), (129, 98, 97, 2, 326, 327, 358),
)  # fmt: skip

LINES: tuple[tuple[int, ...], ...] = (*((*ring, ring[0]) for ring in _CLOSED), *_OPEN)
PUPILS = (468, 473)

ON_LINES = tuple(sorted({*(number for line in LINES for number in line), *PUPILS}))
"""The landmarks that are shown first: what a person can place by eye."""

USED = (*range(468), *PUPILS)
"""All that a fit looks at; of the irises it takes the middles."""
