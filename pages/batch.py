"""Batch: many objects at once, from files or a list, into a table and a catalog."""

import streamlit as st

from aion.explorer.ui.batch import batch_result, batch_work, new_batch
from aion.explorer.ui.shared import frame, server

frame.through_app()
st.title("Batch", anchor=False)
server.batches()
batch = batch_work.chosen_batch()
if batch is None:
    new_batch.batch_form()
    batch_work.batch_list()
    st.stop()
batch_work.batch_header(batch)
if batch.is_active:
    batch_work.batch_progress(batch.key)
elif batch.record.state == "open":
    batch_work.waiting_for_weights(batch)
elif batch.record.state == "failed":
    batch_work.failed(batch)
else:
    batch_result.batch_result(batch)
