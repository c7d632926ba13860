"""Networks of the codecs: tensors in, tensors out, no physics.
Parameter names are those of the published checkpoints."""
