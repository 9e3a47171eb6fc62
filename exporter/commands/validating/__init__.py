"""The parts of `infer-focus validate`: finding files, their versions, checking, telling."""
