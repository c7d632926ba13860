"""What Streamlit shows: the engine of the process, the state of one person's session, and the widgets pages are made of."""
