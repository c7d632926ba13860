"""Numbers with errors in a table of a page: texts for people, sorted by the numbers."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import pandas as pd

    from aion.explorer.ui.shared.number_table import number_table

    texts = pd.DataFrame(
        {"Group": ["a", "b", "c"], "A²": ["2.7 ± 1.2", "176 ± 38", "24 ± 11"]}, index=[5, 5, 7]
    )
    number_table(texts, pd.DataFrame({"A²": [2.7, 176.0, 24.0]}))


def test_a_column_of_numbers_with_errors_is_sorted_by_the_numbers_and_read_as_text():
    table = AppTest.from_function(page).run().dataframe[0]
    assert table.value["A²"].tolist() == [2.7, 176.0, 24.0], "what the browser sorts"
    shown = table.proto.arrow_data.styler.display_values
    assert all(text.encode() in shown for text in ("176 ± 38", "24 ± 11"))
