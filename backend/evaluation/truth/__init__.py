"""Pictures of heads whose shape, expression and camera are known, to measure fits against."""
