"""The parts of the Similar page: the query, how it is compared, the answers, how well the search works."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from aion.catalog import ALL, Catalog, Filters, Neighbor
from aion.errors import AIONError
from aion.explorer import figures
from aion.explorer.catalogs.similarity import NEIGHBORHOOD, OUTLIERS_AMONG, QueryPart, Searches
from aion.explorer.export import tables
from aion.explorer.figures import OverlaySpectrum
from aion.explorer.results import Analysis, Retrieval
from aion.explorer.ui.shared import active_catalog, filtering, layout, navigation, positions, server, tiles
from aion.explorer.ui.shared.downloads import table_downloads
from aion.explorer.ui.shared.figure import figure
from aion.explorer.ui.shared.labels import across, retrieval
from aion.explorer.ui.shared.session import current_session
from aion.explorer.ui.shared.similarity_query import OPEN, Query, current_query
from aion.explorer.ui.shared.theme import theme
from aion.explorer.ui.shared.tiles import Preview
from aion.plain_text import as_text

MOST, LEAST, OUTLIERS = "Most similar", "Least similar", "Outliers"
STARTERS = 6
"""Objects that are offered while nothing is asked for."""
UNLIKE = -1.0
_ASKING = "Asking the model about your upload"
_UNLIKE_DATA = (
    "No object of this catalog is known by the same data as your upload, and an embedding made from more or "
    "less lies elsewhere: compare spectra or images for like with like."
)
_MEASURES = (
    "Same class: share of the ten nearest that have the class of the query, averaged over classes. Same "
    "redshift: |Δz| / (1 + z) up to 0.05. Shuffled: classes and redshifts exchanged at random, which is what "
    "chance gives. Itself in the first k: an object's image asked for by its spectrum, or the reverse, "
    "through a map fitted without the objects asked by."
)


@dataclass(frozen=True)
class SearchOptions:
    """What the controls say."""

    order: str
    comparison: str
    image_share: float
    k: int
    filters: Filters


@st.cache_resource(show_spinner=False, max_entries=active_catalog.CATALOGS)
def searches(_catalog: Catalog, sha256: str, folder: str) -> Searches:
    """One for each catalog, so that what takes long is computed once."""
    return Searches(_catalog)


def searches_in(catalog: Catalog) -> Searches:
    """All searches in this catalog."""
    return searches(catalog, catalog.manifest.model_sha256, str(catalog.folder))


def search_controls(catalog: Catalog) -> SearchOptions:
    """What is compared, in which order, how many, and among which objects."""
    ways = searches_in(catalog).comparisons
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        order = st.segmented_control(
            "Show", [MOST, LEAST, OUTLIERS], default=MOST, required=True, key="show", bind="query-params"
        )
        offered = {
            name: way for name, way in ways.items() if order != OUTLIERS or way.parts == ((name, name),)
        }
        labels = {way.label: name for name, way in offered.items()}
        label = st.selectbox("Compare", list(labels), **active_catalog.widget("compare"), width=220)
        comparison = labels[label]
        share = 0.5
        if comparison == "mix":
            share = st.slider(
                "Weight of the image", 0.0, 1.0, 0.5, 0.05, key="mix", bind="query-params", width=200
            )
        k = st.number_input(
            "How many", 1, 100, 24, key="k", bind="query-params", persist_state="session", width=130
        )
    st.caption(
        f"{ways[comparison].meaning}"
        if order != OUTLIERS
        else "Objects whose ten nearest in the catalog are the farthest."
        if searches_in(catalog).is_compared_whole
        else f"Of {OUTLIERS_AMONG:,} objects drawn at random among those that pass, those whose ten nearest "
        "in the whole catalog are the farthest: their ranks are good to about 1 %."
    )
    problems = st.container()
    with st.expander("Filters: only among", icon=":material/filter_alt:"):
        chosen = filtering.filters(catalog, problems)
    return SearchOptions(str(order), comparison, float(share), int(k), chosen)


def question(catalog: Catalog) -> None:
    """The objects that are asked by, with their weights, and a way to add more."""
    query = current_query()
    with st.grid(min_column_width=210, gap="small", key="question-gallery") as grid:
        for id in list(query.weights):
            with grid.cell(), st.container(border=True):
                st.html(_preview(catalog, id).html("this upload" if id == OPEN else id))
                key = f"weight-{id}-{query.changes}"
                with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
                    st.number_input(
                        "Weight",
                        -3.0,
                        3.0,
                        query.weights[id],
                        0.5,
                        key=key,
                        on_change=_weigh,
                        args=(query, id, key),
                        help=_WEIGHT,
                    )
                    st.button(
                        "Remove", key=f"remove-{id}", on_click=query.remove, args=(id,), type="tertiary"
                    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input(
            "Add an object by its id",
            key="add-id",
            placeholder=str(catalog.table["id"].iloc[0]),
            on_change=_add_by_id,
            width=230,
        )
        if current_session().upload and OPEN not in query.weights:
            label = f"Add {as_text(current_session().label)}"
            st.button(
                label, on_click=query.add, args=(OPEN,), icon=":material/upload_file:", help="Open on Analyze"
            )
        st.page_link("pages/catalog.py", label="Choose in the catalog", icon=":material/grid_view:")
    if query.error:
        layout.refuse(query.error)


def starters(catalog: Catalog) -> None:
    """Objects to begin with: the first ones of each class."""
    st.caption(
        "Nothing is asked for yet. Begin with one of these, type an id, or choose an object in the catalog."
    )
    rows = catalog.table.groupby("class", sort=True, dropna=False)["id"].head(
        STARTERS // max(catalog.table["class"].nunique(), 1) or 1
    )
    tiles.gallery(
        catalog,
        catalog.as_neighbors(list(rows.index), [1.0] * len(rows)),
        actions(),
        name="starters",
        similarity=False,
    )


def answers(catalog: Catalog, options: SearchOptions) -> tuple[Neighbor, ...] | None:
    """The objects found; None, with the reason on the page, where the question has no answer."""
    every = searches_in(catalog)
    if (
        options.order != OUTLIERS
        and options.comparison == ALL
        and OPEN in current_query().weights
        and ALL not in catalog.comparable(_open_analysis().used)
    ):
        st.caption(_UNLIKE_DATA)
    try:
        if options.order == OUTLIERS:
            with st.spinner("Comparing objects with all others"):
                neighbors = every.outliers(options.comparison, k=options.k, filters=options.filters)
        else:
            neighbors = every.search(
                _examples(every),
                options.comparison,
                k=options.k,
                filters=options.filters,
                image_share=options.image_share,
                least=options.order == LEAST,
            )
    except AIONError as exc:
        layout.refuse(str(exc))
        return None
    if not neighbors:
        layout.empty("No object passes these filters. Widen one of them.")
        return None
    return neighbors


def results(catalog: Catalog, options: SearchOptions, neighbors: tuple[Neighbor, ...]) -> None:
    """The gallery, the files, and similarity against redshift."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        meaning = (
            "mean cosine with the ten nearest"
            if options.order == OUTLIERS
            else "similarity: cosine, not a probability"
        )
        among = int(options.filters.keep(catalog.table).sum())
        layout.section(
            f"{options.order}: {len(neighbors)} of {among:,}", f"The number on a tile is the {meaning}."
        )
    with right.container(horizontal=True, horizontal_alignment="right"):
        search_downloads(catalog, neighbors, options)
    around = _query_position(catalog) if options.order != OUTLIERS else None
    tiles.gallery(catalog, neighbors, actions(compare=options.order != OUTLIERS), name="found", around=around)
    positions.neighbors_on_sky(catalog, neighbors, around)

    def scatter() -> None:
        figure(
            figures.neighbors(neighbors, theme=theme()),
            key="found-redshift",
            alt="Similarity against redshift of what was found",
        )

    layout.fold("Similarity and redshift", scatter, icon=":material/scatter_plot:", key="found-scatter")


def quality(catalog: Catalog) -> None:
    """How well each comparison works, measured on the catalog; nothing where that has too few objects."""
    if len(catalog) <= NEIGHBORHOOD:
        return

    def measures() -> None:
        with st.spinner("Measuring every comparison on the catalog itself"):
            measured: tuple[Retrieval, ...] = searches_in(catalog).quality()
        st.markdown(f"The first number is measured, the second is what chance gives. {across(measured)}")
        st.dataframe(retrieval(measured), hide_index=True)
        first = measured[0]
        st.caption(
            f"Measured with {first.queries:,} objects of this catalog as queries among {first.among:,}: "
            f"shares are good to ±{first.error:.1%} (one standard error). {_MEASURES}"
        )

    layout.fold("How well this works", measures, icon=":material/verified:", key="quality")


def search_downloads(catalog: Catalog, neighbors: tuple[Neighbor, ...], options: SearchOptions) -> None:
    """The answers as tables with what was asked in their headers."""
    weights = {"query": current_query().weights} if options.order != OUTLIERS else {}
    settings = {"order": options.order, "compared": options.comparison, "image_share": options.image_share}
    about = tables.provenance(
        catalog, server.engine().info, **weights, **settings, filters=filtering.as_plain(options.filters)
    )
    around = _query_position(catalog) if options.order != OUTLIERS else None
    table_downloads(lambda: tables.neighbor_rows(catalog, neighbors, around), about, name="similar")


def actions(*, compare: bool = False) -> dict[str, tiles.Action]:
    """What can be done with an object of the catalog."""
    actions: dict[str, tiles.Action] = {
        "Analyze": navigation.open_on_analyze,
        "Search by this": navigation.search_by,
        "Add to the search": lambda id: _ask(current_query().add, id),
        "Less like this": lambda id: _ask(lambda chosen: current_query().add(chosen, UNLIKE), id),
    }
    return actions | ({"Compare side by side": side_by_side} if compare else {})


@st.dialog("Side by side", width="large")
def side_by_side(id: str) -> None:
    """The first object of the query and an answer: pictures, spectra on one axis, catalog values."""
    catalog = active_catalog.catalog()
    assert catalog is not None
    both = [_preview(catalog, next(iter(current_query().weights))), Preview.of_catalog(catalog, id)]
    with st.grid(min_column_width=140, gap="small", key="side-gallery") as grid:
        for preview in both:
            with grid.cell():
                st.html(preview.html(preview.name))
    compared = [OverlaySpectrum(one.name, one.spectrum, one.z) for one in both if one.spectrum]
    if compared:
        known = all(one.z is not None for one in compared)
        rest = known and st.toggle(
            "Rest frame", True, key="side-rest", persist_state="session", help="Each at its own z"
        )
        figure(
            figures.overlay_spectra(compared, rest=rest, theme=theme()),
            key="side-by-side",
            alt="Spectra of the two objects",
        )
    rows = [
        catalog.table.iloc[catalog.row(name)]
        for name in (*list(current_query().weights)[:1], id)
        if name != OPEN
    ]
    st.dataframe(pd.DataFrame(rows).set_index("id").T.astype(str), height=220)


def _preview(catalog: Catalog, id: str) -> Preview:
    if id != OPEN:
        return Preview.of_catalog(catalog, id)
    return Preview.of_analysis(_open_analysis(), current_session().label)


def _open_analysis() -> Analysis:
    """The answer for the upload that is open."""
    engine = server.engine()
    with st.spinner(_ASKING):
        return current_session().analysis(lambda target, use: engine.analyze(target, use=use))


def _query_position(catalog: Catalog) -> positions.Position | None:
    """Where the object that is asked by is; None for several and where it is not known."""
    if len(current_query().weights) != 1:
        return None
    [id] = current_query().weights
    return positions.target_position(catalog) if id == OPEN else positions.entry_position(catalog, id)


def _examples(every: Searches) -> list[QueryPart]:
    examples = []
    for id, weight in current_query().weights.items():
        if id == OPEN:
            opened = _open_analysis()
            [vectors] = server.engine().vectors([opened], every.catalog.views_of)
            itself = every.catalog.row_of(opened.id, opened.tokens)
            examples.append(QueryPart(current_session().label, weight, vectors, itself))
        else:
            examples.append(every.example(id, weight))
    return examples


def _ask(change: tiles.Action, id: str) -> None:
    change(id)
    navigation.similar()


def _weigh(query: Query, id: str, key: str) -> None:
    query.weights[id] = float(st.session_state[key])


def _add_by_id() -> None:
    catalog, id = active_catalog.catalog(), str(st.session_state["add-id"]).strip()
    if catalog is not None and id:
        current_query().add_entry(catalog, id)
        st.session_state["add-id"] = ""


_WEIGHT = "Answers should be like this object; below zero: unlike it"
