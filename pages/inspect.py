"""Inspect: a queue of spectra, one after the other, by keyboard; files, and where people disagree."""

import streamlit as st

from aion.explorer.ui.inspect import inspector, queue_list, queue_tools
from aion.explorer.ui.inspect.inspection_state import open_queue
from aion.explorer.ui.shared import frame, layout, server

frame.through_app()
server.engine()
queue_list.follow_batch()
queue = open_queue()
if queue is None:
    queue_list.queue_list()
    st.stop()
queue_list.unread_note()
person, order = queue_tools.toolbar(queue)
if not person:
    layout.empty("Say who inspects: decisions are kept for each person.")
    st.stop()
if not order:
    layout.empty("No object of this queue passes these filters. Widen one of them.")
    st.stop()
inspector.bench(queue, person, order)
