"""An analysis in a few lines, for a terminal."""

from aion.explorer.results import Analysis


def describe_analysis(analysis: Analysis) -> str:
    """Redshift, what was read and what was not, the most similar objects, notes, and which weights speak."""
    lines = [analysis.id, f"  {analysis.redshift.summary()}"]
    lines += [f"  {answer.summary()}" for answer in analysis.exact[:1]]
    if analysis.z_reference is not None:
        lines.append(f"  The file says z = {analysis.z_reference:.5f}; the model did not see it.")
    lines += [f"  Recalibration of p(z): {analysis.recalibration}."] if analysis.recalibration else []
    lines += [f"  p(z) is multiplied by {analysis.prior}."] if analysis.prior else []
    lines.append(f"  Read: {', '.join(analysis.used)}.")
    lines += [f"  Not read: {key} ({reason})." for key, reason in analysis.ignored.items()]
    if analysis.neighbors:
        nearest = ", ".join(
            f"{one.id} ({one.kind}, similarity {one.similarity:.3f})" for one in analysis.neighbors[:3]
        )
        lines.append(f"  Most similar: {nearest}.")
    lines += [f"  Note: {note}" for note in analysis.notes]
    notice = f" {analysis.model.notice}" if analysis.model.notice else ""
    lines.append(f"  Weights: {analysis.model.title}.{notice}")
    return "\n".join(lines)
