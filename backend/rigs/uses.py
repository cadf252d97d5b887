"""What a control can do in a mapping."""

FOLLOW, SOLVE, REST = "follow", "solve", "rest"
