"""What a batch found: summary plots, a table of which a click opens the object, what was left out, files."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aion.errors import AIONError
from aion.explorer import figures
from aion.explorer.catalogs.batch_results import BatchResults, zip_catalog
from aion.explorer.catalogs.batches import Batch, Batches
from aion.explorer.export.catalog_file import CATALOG_MIME, catalog_file
from aion.explorer.ui.batch.batch_work import delete_button, go_on_button, state_text
from aion.explorer.ui.shared import active_catalog, head_columns, layout, paging, server
from aion.explorer.ui.shared.downloads import file_button
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.session import Pending, current_session
from aion.explorer.ui.shared.theme import theme
from aion.heads import AppliedHeads, HeadFolder

ROWS = 50
"""Of a page of the table, each with its p(z)."""
MOST_FAILURES = 1_000
"""Of the list of what was left out."""
ANY = "All objects"
LABELS = {
    "id": "Object",
    "z_best": "z",
    "z_error": "±",
    "p_best": "p(peak)",
    "z_exact": "Exact z",
    "z_exact_error": "± exact",
    "flags": "Flags",
    "z": "Survey z",
    "snr": "S/N",
    "mag_r": "r (AB mag)",
    "class": "Class",
}
_FORMATS = {
    "z_best": "%.4f",
    "z_error": "%.4f",
    "p_best": "%.2f",
    "z_exact": "%.6f",
    "z_exact_error": "%.6f",
    "z": "%.4f",
    "snr": "%.1f",
    "mag_r": "%.2f",
}
_HELP = {
    "z_best": "Redshift of the most probable peak of p(z)",
    "z_error": "Half of the central 68 % of p(z): large where there are several peaks",
    "p_best": "Probability that the most probable peak holds",
    "z_exact": "Fitted to the lines of the spectrum within the best peak; none where the data do not hold it",
    "z_exact_error": "Standard error of the exact redshift",
    "z": "Redshift in the files, which the model is never given",
    "snr": "Median signal-to-noise per pixel of the spectrum",
    "class": "As the files have it",
}
_FILES = {"ecsv": "ECSV", "vot": "VOTable", "fits": "FITS", "csv": "CSV", "parquet": "Parquet"}


def batch_result(batch: Batch) -> None:
    """All of it."""
    try:
        results = server.batches().results(batch.key)
    except AIONError as exc:
        if batch.record.rows or batch.record.state == "done":
            layout.refuse(str(exc))
        batch_actions(batch, None)
        return
    batch_actions(batch, results)
    summary_plots(results)
    objects_table(batch, results)
    left_out(results)


def batch_actions(batch: Batch, results: BatchResults | None) -> None:
    """How it ended, and what can be done with it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{state_text(batch)}**")
        if batch.record.state == "cancelled":
            go_on_button(batch, "Go on", ":material/play_arrow:", "What is done is not done again")
        elif batch.record.may_pass:
            help = "What failed for a reason that may have passed, such as an archive that did not answer"
            go_on_button(batch, "Ask again", ":material/refresh:", help)
        if results is not None:
            help = "The Catalog and Similar pages look into it"
            if st.button("Use as catalog", key="batch-use", icon=":material/grid_view:", help=help):
                active_catalog.own_catalog().take(batch.key)
                st.switch_page("pages/catalog.py")
            help = "Its spectra, one after the other, by keyboard"
            if st.button("Inspect", key="batch-inspect", icon=":material/fact_check:", help=help):
                st.switch_page("pages/inspect.py", query_params={"batch": batch.key})
            _downloads(batch)
        delete_button(batch)


def summary_plots(results: BatchResults) -> None:
    """Redshifts, redshift against magnitude or S/N, flags and S/N of all objects."""
    table = results.table
    draw = partial(_draw, results)
    with st.expander("Summary", icon=":material/bar_chart:", expanded=True):
        left, right = st.columns(2, gap="medium")
        below_left, below_right = st.columns(2, gap="medium")
        redshifts = {"Most probable z": _values(table, "z_best")}
        if "z" in table:
            redshifts["Survey z"] = _values(table, "z")
        with left:
            draw(
                "redshifts", figures.histogram(redshifts, "Redshift z", theme=theme()), "How many at which z"
            )
        pairs = [name for name in ("z", "mag_r", "snr") if name in table]
        with right:
            if pairs:
                drawing = st.container()
                across = st.segmented_control(
                    "Against",
                    pairs,
                    default=pairs[0],
                    required=True,
                    format_func=LABELS.__getitem__,
                    key=f"batch-against-{_key(results)}",
                    persist_state="session",
                    label_visibility="collapsed",
                )
                with drawing:
                    draw("against", _against(table, across), f"Most probable z against {LABELS[across]}")
        with below_left:
            counts = results.flag_counts
            if counts:
                draw(
                    "flags", figures.count_bars(counts, len(table), theme=theme()), "How many have which flag"
                )
            else:
                st.caption("No object has a flag.")
        with below_right:
            if "snr" in table:
                snr = {"S/N": _values(table, "snr")}
                draw("snr", figures.histogram(snr, "S/N per pixel of the spectrum", theme=theme()), "S/N")


def objects_table(batch: Batch, results: BatchResults) -> None:
    """A page of the objects with p(z) of each and what kept heads say; a click on a row opens the object."""
    applied = server.heads().apply(results.catalog)
    rows = results.table.join(head_columns.main_columns(applied))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        heading = st.container()
        if results.flag_counts:
            flag = st.selectbox(
                "Only with flag",
                [ANY, *results.flag_counts],
                key=f"batch-flag-{_key(results)}",
                persist_state="session",
                width=200,
                label_visibility="collapsed",
            )
            if flag != ANY:
                rows = rows[[flag in held.split(", ") for held in rows["flags"].astype(str)]]
    with heading:
        layout.section(f"{len(rows):,} objects", "Click a row to analyze the object from its files.")
    known = LABELS | head_columns.head_labels(applied)
    labels = {name: known[name] for name in rows}
    widget = partial(_widget, results)
    shown = paging.choose_page(rows, labels, widget, name="batch", size=ROWS)
    edges = results.redshift_edges
    ids = shown["id"].astype(str).tolist()
    sparks = [figures.spark_redshift(results.probability(id), edges, theme=theme()) for id in ids]
    votes = [results.votes(id) for id in ids]
    key = f"batch-table-{_key(results)}-{len(rows)}"
    drawn = shown.assign(p_z=sparks, votes=votes, flags=shown["flags"].astype(str))
    first = ["id", "p_z", *[name for name in drawn if name not in ("id", "p_z", "votes")], "votes"]
    st.dataframe(
        drawn[first],
        hide_index=True,
        column_config=_config(results, applied),
        height="content" if len(shown) < 10 else 460,
        on_select=lambda: _open(batch, results, key, ids),
        selection_mode=["single-row", "single-cell"],
        key=key,
        alt="The objects of the batch, one per row",
    )
    head_columns.head_notes(applied)


def left_out(results: BatchResults) -> None:
    """What is not in the catalog, with the reasons."""
    failures = results.failures
    if not failures:
        return
    with st.expander(f"What was left out, and why ({len(failures):,})", icon=":material/report:"):
        rows = [(one.id or one.source, one.why) for one in failures[:MOST_FAILURES]]
        table = pd.DataFrame(rows, columns=["File or object", "Why"])
        st.dataframe(
            table, hide_index=True, column_config={"Why": st.column_config.TextColumn(width="large")}
        )
        if len(failures) > MOST_FAILURES:
            st.caption(f"The first {MOST_FAILURES:,}; the catalog (zip) has all in failures.parquet.")


def _downloads(batch: Batch) -> None:
    folder, batches, heads = batch.folder.catalog, server.batches(), server.heads()
    with st.popover("Download", icon=":material/download:"):
        st.caption("All columns but tokens, vectors and pictures, and those of kept heads")
        for ending, label in _FILES.items():
            data, name = partial(_file, batches, heads, batch, ending), f"batch.{ending}"
            file_button(label, data, name, CATALOG_MIME[ending], key=f"batch-{ending}")
        st.caption("Everything; unpacked, it opens when `AION_CATALOG` names the folder")
        zipped = partial(zip_catalog, folder)
        file_button("Catalog (zip)", zipped, "catalog.zip", "application/zip", key="batch-zip")


def _file(batches: Batches, heads: HeadFolder, batch: Batch, ending: str) -> bytes:
    """The table as it is when it is asked for, which is later than the page."""
    return catalog_file(batch.folder.catalog, ending, heads.apply(batches.results(batch.key).catalog))


def _open(batch: Batch, results: BatchResults, key: str, ids: list[str]) -> None:
    """Go to the object of the clicked row, as its files have it, or else as the catalog keeps it."""
    event = st.session_state[key]["selection"]
    chosen = event["rows"] or [row for row, _ in event["cells"]]
    if not chosen or chosen[0] >= len(ids):
        return
    id, session = ids[chosen[0]], current_session()
    opened = results.open_object(id)
    if opened is None:
        session.open([results.catalog.entry(id)], origin="own", label=id)
    else:
        label = ", ".join(Path(str(getattr(file, "name", ""))).name for file in opened.files)
        given = Pending(opened.files, "upload", label, opened.overrides)
        session.open(opened.targets, origin="upload" if opened.files else "sky", label=label, given=given)
        session.look_at(opened.row)
    session.inputs += 1
    st.switch_page("pages/analyze.py")


def _against(table: pd.DataFrame, across: str) -> figures.Figure:
    """The most probable z against another column; many objects as a density and some of them."""
    x, y = _values(table, across), _values(table, "z_best")
    choice = figures.choose_points(x, y, None)
    kinds = table["class"].astype(object).fillna(figures.UNKNOWN) if "class" in table else None
    groups: Any = np.full(len(table), "objects") if kinds is None else kinds.to_numpy(str)
    drawing = figures.scatter(
        choice.shown,
        figures.Axis(LABELS[across], x[choice.shown], reverse=across == "mag_r"),
        figures.Axis("Most probable z", y[choice.shown]),
        figures.Coloring(LABELS["class"], groups[choice.shown]),
        theme=theme(),
    )
    if choice.is_crowded:
        drawing = figures.draw_density(drawing, x[choice.inside], y[choice.inside], theme=theme())
    return drawing.update_layout(height=figures.HEIGHT, dragmode="zoom", showlegend=kinds is not None)


def _draw(results: BatchResults, name: str, drawing: figures.Figure, alt: str) -> None:
    figure(drawing, key=f"batch-{name}", alt=alt, view=f"{_key(results)} {alt}")


def _values(table: pd.DataFrame, name: str) -> Any:
    return table[name].to_numpy(float)


def _key(results: BatchResults) -> str:
    return active_catalog.title(results.catalog)


def _widget(results: BatchResults, name: str) -> dict[str, Any]:
    return {"key": f"batch-{_key(results)}-{name}", "persist_state": "session"}


def _config(results: BatchResults, applied: AppliedHeads) -> dict[str, Any]:
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(LABELS[name], format=_FORMATS[name], help=_HELP.get(name))
        if name in _FORMATS
        else st.column_config.Column(LABELS[name], help=_HELP.get(name))
        for name in results.table
    }
    config["p_z"] = st.column_config.ImageColumn("p(z)", help="Against ln(1 + z), over all of its range")
    help = "Classes of the nearest objects of the reference catalog"
    config["votes"] = st.column_config.Column("Neighbors", help=help)
    return config | head_columns.head_config(applied)
