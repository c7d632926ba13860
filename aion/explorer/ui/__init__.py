"""What Streamlit shows: the engine of the process, the state of one session, the widgets of the pages."""
