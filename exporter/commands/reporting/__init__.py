"""The parts of `infer-focus report`: finding objects, reading them, telling what they add up to."""
