"""Runs once inside the published package: random codecs of every kind are made, saved,
and used on the samples given.

`inputs` has `folder`, for every modality its arrays as `<token_key>/<field>`, and the configurations as JSON
in `sizes`; `outputs` gets `<token_key>/tokens` and `<token_key>/decoded/<field>`. Full-size codecs go to
`<folder>/full`.
"""

SCRIPT = """
import json
from aion.codecs.config import MODALITY_CODEC_MAPPING
from aion.codecs import ImageCodec, SpectrumCodec
from aion.codecs.quantizers.scalar import ScalarReservoirQuantizer
from aion import modalities as m

folder, sizes = str(inputs["folder"]), json.loads(str(inputs["sizes"]))

def randomise(codec):
    for name, p in codec.named_parameters():
        is_matrix = p.ndim > 1 and "grn" not in name
        p.data = torch.randn_like(p) / p[0].numel() ** 0.5 if is_matrix else torch.randn_like(p) * 0.1
        if p.ndim == 1 and name.endswith("weight"):
            p.data += 1
    for name, b in codec.named_buffers():
        if "running" in name:
            b.copy_(torch.rand_like(b) + 0.5)
        if name == "_quantizer.buckets":
            b.copy_(torch.expm1(torch.linspace(0, 1.5, len(b))))
    for part in codec.modules():
        if isinstance(part, ScalarReservoirQuantizer):
            part._update_reservoirs(torch.rand(1500))
    return codec.eval()

def spread(codec, sample):
    # scale what meets the quantizer so that the sample uses many codes
    for name in ("pre_quant_proj", "quant_conv", "encode_proj"):
        if hasattr(codec, name):
            last, seen = getattr(codec, name), []
            note = lambda module, x, y: seen.append(y.detach().movedim(1, 0).flatten(1))
            hook = last.register_forward_hook(note)
            codec.encode(sample)
            hook.remove()
            mean, std = seen[0].mean(1), seen[0].std(1)
            last.bias.data = (last.bias - mean) / std
            last.weight.data = last.weight / std.reshape(-1, *[1] * (last.weight.ndim - 1))
    if hasattr(codec, "subsample_out"):
        codec.subsample_out.weight.data *= 0.1  # decoded values go through a sinh

def fields(key):
    return {n.split("/", 1)[1]: torch.tensor(a) for n, a in inputs.items() if n.startswith(key + "/")}

def build(cls, key, **changes):
    values = {**fields(key), **changes}
    if issubclass(cls, m.Image):
        values["bands"] = [str(b) for b in inputs["bands:" + key]]
    if issubclass(cls, m.LegacySurveyCatalog):
        values["X"], values["Y"] = values["X"].long(), values["Y"].long()
    return cls(**values)

def record(key, codec, cls):
    sample = build(cls, key)
    tokens = codec.encode(sample)
    outputs[key + "/tokens"] = tokens
    more = {}
    if issubclass(cls, m.Image):
        more["bands"] = sample.bands
        codec.rescaler._reverse_zeropoint = codec.rescaler.convert_zeropoint  # decoding HSC crashes without
    if issubclass(cls, m.Spectrum):
        more["wavelength"] = inputs["decode:" + key]
        more["wavelength"] = torch.tensor(more["wavelength"])
        outputs[key + "/on_grid"] = codec.decode(tokens).flux
    decoded = codec.decode(tokens, **more)
    for name in ("flux", "mask", "field", "value", "X", "Y", "SHAPE_E1", "SHAPE_E2", "SHAPE_R"):
        if hasattr(decoded, name):
            outputs[key + "/decoded/" + name] = getattr(decoded, name)

classes = [getattr(m, name) for name in m.__all__]

def row(cls):
    codec = MODALITY_CODEC_MAPPING[cls]
    return [cls.__name__, cls.name, cls.token_key, codec.__name__, str(getattr(cls, "num_tokens", ""))]

outputs["classes"] = np.array([row(cls) for cls in classes])

with torch.no_grad():
    made = {}
    for cls, kind in MODALITY_CODEC_MAPPING.items():
        if not cls.token_key:
            continue
        if cls.name not in made:
            made[cls.name] = randomise(kind(**sizes[cls.name]))
            spread(made[cls.name], build(cls, cls.token_key))
            made[cls.name].save_pretrained(folder, modality=cls)
        record(cls.token_key, made[cls.name], cls)
    for key in [str(k) for k in inputs["extra"]]:
        record(key, made["image"], m.HSCImage if "hsc" in key else m.LegacySurveyImage)
    full_size = ("image", ImageCodec, m.LegacySurveyImage), ("spectrum", SpectrumCodec, m.DESISpectrum)
    for name, kind, cls in full_size:
        full = randomise(kind(**sizes["full_" + name]))
        spread(full, build(cls, "full_" + name))
        full.save_pretrained(folder + "/full", modality=cls)
        record("full_" + name, full, cls)

    lfq = SpectrumCodec(**sizes["spectrum"]).quantizer.train()
    z = torch.tensor(inputs["latent"])
    outputs["lfq/quantised"], outputs["lfq/loss"], outputs["lfq/usage"] = lfq(z)
"""
